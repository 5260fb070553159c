// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.yaml;

import io.flotilla.api.Origin;
import io.flotilla.api.PassedBy;
import io.flotilla.api.Problem;
import io.flotilla.api.Rejection;
import io.flotilla.api.Resource;
import io.flotilla.api.ResourceReader;
import io.flotilla.api.ResourceReader.Verdict;
import io.flotilla.api.tree.Tree;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads YAML or JSON of any number of documents. Each document is judged alone, items of a List
 * too, so that one that is wrong, even in its syntax, leaves the others in force.
 */
public final class ManifestReader {
  private final Limits limits;

  public ManifestReader() {
    this(Limits.DEFAULT);
  }

  public ManifestReader(Limits limits) {
    this.limits = limits;
  }

  /** Reads UTF-8 text. */
  public Manifest read(byte[] text, String file) {
    if (text.length > limits.bytes()) {
      return refused(
          file,
          "the file has "
              + text.length
              + " bytes, but only "
              + limits.bytes()
              + " are read: split it into several files");
    }
    try {
      return read(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString(), file);
    } catch (CharacterCodingException e) {
      return refused(file, "the file is not UTF-8 text: save it in that encoding");
    }
  }

  /** Reads text. */
  public Manifest read(String text, String file) {
    if (text.length() > limits.bytes()) {
      return refused(
          file,
          "the text has "
              + text.length()
              + " characters, but only "
              + limits.bytes()
              + " are read: split it into several files");
    }
    Reading reading = new Reading(file);
    for (DocumentSplitter.Document document : DocumentSplitter.split(text)) {
      reading.document(document);
    }
    return new Manifest(reading.resources, reading.rejections, reading.passedBy);
  }

  private static Manifest refused(String file, String message) {
    return new Manifest(
        List.of(),
        List.of(
            new Rejection(
                new Origin(file, 0), Optional.empty(), "", List.of(new Problem("", 0, message)))),
        List.of());
  }

  private final class Reading {
    private final String file;
    private final List<Resource<?>> resources = new ArrayList<>();
    private final List<Rejection> rejections = new ArrayList<>();
    private final List<PassedBy> passedBy = new ArrayList<>();
    private int documents;

    Reading(String file) {
      this.file = file;
    }

    void document(DocumentSplitter.Document document) {
      List<Tree> trees;
      try {
        trees = new TreeComposer(limits).compose(document);
      } catch (UnreadableDocumentException e) {
        refuse(e.line() == 0 ? document.firstLine() : e.line(), String.valueOf(e.getMessage()));
        return;
      }
      for (Tree tree : trees) {
        if (!(tree instanceof Tree.Null)) {
          expand(tree);
        }
      }
    }

    private void expand(Tree tree) {
      if (tree instanceof Tree.Mapping map
          && map.text("kind").orElse("").endsWith("List")
          && map.get("items").orElse(null) instanceof Tree.Sequence items) {
        items.items().forEach(this::expand);
        return;
      }
      documents++;
      if (documents == limits.documents() + 1) {
        refuse(
            tree.line(),
            "the file has more than "
                + limits.documents()
                + " documents; the rest is not read: split it into several files");
      }
      if (documents > limits.documents()) {
        return;
      }
      switch (ResourceReader.read(tree, new Origin(file, tree.line()))) {
        case Verdict.Accepted accepted -> resources.add(accepted.resource());
        case Verdict.Refused refused -> rejections.add(refused.rejection());
        case Verdict.Passed passed -> passedBy.add(passed.passedBy());
      }
    }

    private void refuse(int line, String message) {
      rejections.add(
          new Rejection(
              new Origin(file, line),
              Optional.empty(),
              "",
              List.of(new Problem("", line, message))));
    }
  }
}
