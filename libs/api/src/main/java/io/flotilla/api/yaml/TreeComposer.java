// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.yaml;

import io.flotilla.api.tree.Tree;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * Turns one document's text into a tree with lines. Aliases are expanded, within the limit on
 * values; no tag but YAML's own is followed, so no class is ever made from a document.
 */
final class TreeComposer {
  private static final int MAX_ALIASES = 50;
  private static final int MAX_DIGITS = 40;
  private static final Pattern DECIMAL =
      Pattern.compile("[-+]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][-+]?\\d{1,3})?");

  private final Limits limits;
  private int values;
  private int firstLine;

  TreeComposer(Limits limits) {
    this.limits = limits;
  }

  /** Usually one tree; more if the text ends documents with "...". */
  List<Tree> compose(DocumentSplitter.Document document) throws UnreadableDocumentException {
    firstLine = document.firstLine();
    LoaderOptions options = new LoaderOptions();
    options.setMaxAliasesForCollections(MAX_ALIASES);
    options.setNestingDepthLimit(limits.depth());
    options.setCodePointLimit(limits.bytes());
    try {
      Composer composer =
          new Composer(
              new ParserImpl(new StreamReader(document.text()), options), new Resolver(), options);
      List<Tree> trees = new ArrayList<>();
      while (composer.checkNode()) {
        Node node = composer.getNode();
        trees.add(tree(node, 0));
      }
      return trees;
    } catch (MarkedYAMLException e) {
      int line = e.getProblemMark() == null ? 0 : e.getProblemMark().getLine() + firstLine;
      String context = e.getContext() == null ? "" : e.getContext() + ": ";
      throw new UnreadableDocumentException(line, "not YAML: " + context + e.getProblem());
    } catch (YAMLException e) {
      throw new UnreadableDocumentException(
          0, "not YAML: " + firstSentence(String.valueOf(e.getMessage())));
    }
  }

  private static String firstSentence(String message) {
    int end = message.indexOf('\n');
    return end < 0 ? message : message.substring(0, end);
  }

  private Tree tree(Node node, int depth) throws UnreadableDocumentException {
    int line = node.getStartMark().getLine() + firstLine;
    if (depth > limits.depth()) {
      throw new UnreadableDocumentException(
          line, "values are nested deeper than " + limits.depth() + " levels");
    }
    values++;
    if (values > limits.values()) {
      throw new UnreadableDocumentException(
          line, "the document has more than " + limits.values() + " values, aliases expanded");
    }
    return switch (node) {
      case MappingNode mapping -> mapping(mapping, line, depth);
      case SequenceNode sequence -> {
        List<Tree> items = new ArrayList<>(sequence.getValue().size());
        for (Node item : sequence.getValue()) {
          items.add(isTextWithColon(item) ? textWithColon(item) : tree(item, depth + 1));
        }
        yield new Tree.Sequence(line, List.copyOf(items));
      }
      case ScalarNode scalar -> scalar(scalar, line);
      default -> throw new UnreadableDocumentException(line, "not YAML that can be read");
    };
  }

  // The parser of Kubernetes takes the item of "[1:2::]" for text, an IPv6 address for example,
  // where other parsers see a field without a value.
  private static boolean isTextWithColon(Node item) {
    return item instanceof MappingNode mapping
        && mapping.getValue().size() == 1
        && mapping.getValue().getFirst().getKeyNode() instanceof ScalarNode key
        && key.isPlain()
        && key.getStartMark().getIndex() == mapping.getStartMark().getIndex()
        && mapping.getValue().getFirst().getValueNode() instanceof ScalarNode value
        && value.getStartMark().getIndex() == value.getEndMark().getIndex();
  }

  private Tree textWithColon(Node item) {
    NodeTuple only = ((MappingNode) item).getValue().getFirst();
    return new Tree.Text(
        item.getStartMark().getLine() + firstLine,
        ((ScalarNode) only.getKeyNode()).getValue() + ":");
  }

  private Tree.Mapping mapping(MappingNode node, int line, int depth)
      throws UnreadableDocumentException {
    Map<String, Tree> fields = new LinkedHashMap<>();
    Map<String, Integer> lines = new LinkedHashMap<>();
    Map<String, Tree> merged = new LinkedHashMap<>();
    for (NodeTuple tuple : node.getValue()) {
      int keyLine = tuple.getKeyNode().getStartMark().getLine() + firstLine;
      if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
        throw new UnreadableDocumentException(keyLine, "the name of a field must be text");
      }
      Tree value = tree(tuple.getValueNode(), depth + 1);
      if (key.getTag().equals(Tag.MERGE)) {
        merge(value, merged, keyLine);
      } else if (fields.put(key.getValue(), value) != null) {
        throw new UnreadableDocumentException(
            keyLine, "the field '" + key.getValue() + "' is there twice: remove one");
      }
      lines.put(key.getValue(), keyLine);
    }
    merged.forEach(fields::putIfAbsent);
    return new Tree.Mapping(line, fields, lines);
  }

  private static void merge(Tree value, Map<String, Tree> into, int line)
      throws UnreadableDocumentException {
    switch (value) {
      case Tree.Mapping map -> map.fields().forEach(into::putIfAbsent);
      case Tree.Sequence list -> {
        for (Tree item : list.items()) {
          merge(item, into, line);
        }
      }
      default -> throw new UnreadableDocumentException(line, "'<<' must merge objects");
    }
  }

  private static Tree scalar(ScalarNode node, int line) throws UnreadableDocumentException {
    String text = node.getValue();
    Tag tag = node.getTag();
    if (tag.equals(Tag.NULL)) {
      return new Tree.Null(line);
    }
    if (tag.equals(Tag.BOOL)) {
      return switch (text.toLowerCase(Locale.ROOT)) {
        case "true", "yes", "on" -> new Tree.Truth(line, true);
        default -> new Tree.Truth(line, false);
      };
    }
    if (tag.equals(Tag.INT) || tag.equals(Tag.FLOAT)) {
      return number(text, line);
    }
    return new Tree.Text(line, text);
  }

  private static Tree number(String written, int line) throws UnreadableDocumentException {
    String text = written.replace("_", "");
    if (text.length() > MAX_DIGITS) {
      throw new UnreadableDocumentException(
          line, "a number has more than " + MAX_DIGITS + " digits");
    }
    String digits = text.startsWith("-") || text.startsWith("+") ? text.substring(1) : text;
    int radix =
        digits.startsWith("0x")
            ? 16
            : digits.startsWith("0o") ? 8 : digits.startsWith("0b") ? 2 : 10;
    if (radix == 10 && digits.length() > 1 && digits.matches("0[0-7]+")) {
      return signed(text, new BigInteger(digits, 8), line);
    }
    if (radix != 10) {
      return signed(text, new BigInteger(digits.substring(2), radix), line);
    }
    return DECIMAL.matcher(text).matches()
        ? new Tree.Number(line, new BigDecimal(text))
        : new Tree.Text(line, written);
  }

  private static Tree signed(String text, BigInteger magnitude, int line) {
    return new Tree.Number(
        line, new BigDecimal(text.startsWith("-") ? magnitude.negate() : magnitude));
  }
}
