// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.tree;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One value of a document with the line that it stands on (from 1; 0: there are no lines). */
public sealed interface Tree {

  /** The line of the value, from 1; 0 if it did not come from text. */
  int line();

  /** "an object", "a list", "the text 'x'", ...: for sentences. */
  String described();

  /** The same value as JSON. */
  JsonNode toJson();

  /**
   * A map from names to values, in the document's order.
   *
   * @param lines the line of each name
   */
  record Mapping(int line, Map<String, Tree> fields, Map<String, Integer> lines) implements Tree {

    /** The field, or empty if it is absent or null. */
    public Optional<Tree> get(String name) {
      Tree value = fields.get(name);
      return value == null || value instanceof Null ? Optional.empty() : Optional.of(value);
    }

    /** As the CEL macro: whether the field is there. */
    public boolean has(String name) {
      return get(name).isPresent();
    }

    /** The field as text, or empty. */
    public Optional<String> text(String name) {
      return get(name).filter(Text.class::isInstance).map(value -> ((Text) value).value());
    }

    /** The line of the field, or of the map itself. */
    public int lineOf(String name) {
      return lines.getOrDefault(name, line);
    }

    @Override
    public String described() {
      return "an object";
    }

    @Override
    public ObjectNode toJson() {
      ObjectNode node = JsonNodeFactory.instance.objectNode();
      fields.forEach((name, value) -> node.set(name, value.toJson()));
      return node;
    }
  }

  /** A list of values. */
  record Sequence(int line, List<Tree> items) implements Tree {
    @Override
    public String described() {
      return "a list";
    }

    @Override
    public ArrayNode toJson() {
      ArrayNode node = JsonNodeFactory.instance.arrayNode();
      items.forEach(item -> node.add(item.toJson()));
      return node;
    }
  }

  /** A string. */
  record Text(int line, String value) implements Tree {
    private static final int SHOWN = 80;

    @Override
    public String described() {
      return "'" + (value.length() > SHOWN ? value.substring(0, SHOWN) + "…" : value) + "'";
    }

    @Override
    public JsonNode toJson() {
      return JsonNodeFactory.instance.textNode(value);
    }
  }

  /** A number. */
  record Number(int line, BigDecimal value) implements Tree {
    private static final int LONG_DIGITS = 18;

    /** Whether it has no fraction. */
    public boolean isInteger() {
      return value.signum() == 0 || value.stripTrailingZeros().scale() <= 0;
    }

    @Override
    public String described() {
      return value.toString();
    }

    @Override
    public JsonNode toJson() {
      if (isInteger() && value.precision() - value.scale() <= LONG_DIGITS) {
        return JsonNodeFactory.instance.numberNode(value.longValue());
      }
      return JsonNodeFactory.instance.numberNode(value.doubleValue());
    }
  }

  /** True or false. */
  record Truth(int line, boolean value) implements Tree {
    @Override
    public String described() {
      return Boolean.toString(value);
    }

    @Override
    public JsonNode toJson() {
      return JsonNodeFactory.instance.booleanNode(value);
    }
  }

  /** Nothing; the same as an absent field. */
  record Null(int line) implements Tree {
    @Override
    public String described() {
      return "nothing";
    }

    @Override
    public JsonNode toJson() {
      return JsonNodeFactory.instance.nullNode();
    }
  }

  /** A tree without lines. */
  static Tree of(JsonNode node) {
    return switch (node.getNodeType()) {
      case OBJECT -> {
        Map<String, Tree> fields = new LinkedHashMap<>();
        node.properties().forEach(field -> fields.put(field.getKey(), of(field.getValue())));
        yield new Mapping(0, fields, Map.of());
      }
      case ARRAY -> {
        List<Tree> items = new ArrayList<>(node.size());
        node.forEach(item -> items.add(of(item)));
        yield new Sequence(0, items);
      }
      case NUMBER -> new Number(0, node.decimalValue());
      case BOOLEAN -> new Truth(0, node.booleanValue());
      case NULL, MISSING -> new Null(0);
      case STRING, BINARY, POJO -> new Text(0, node.asText());
    };
  }
}
