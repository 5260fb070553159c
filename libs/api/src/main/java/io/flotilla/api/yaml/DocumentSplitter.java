// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.yaml;

import java.util.ArrayList;
import java.util.List;

/**
 * Splits a text at the lines that begin a document ("---"), before anything is parsed: so a syntax
 * error ends with its document, not with the file.
 */
final class DocumentSplitter {
  private DocumentSplitter() {}

  /**
   * A part of a file.
   *
   * @param firstLine the line of the file with which the text begins, from 1
   */
  record Document(String text, int firstLine) {}

  static List<Document> split(String text) {
    List<Document> documents = new ArrayList<>();
    int from = 0;
    int firstLine = 1;
    int line = 1;
    int at = 0;
    while (at < text.length()) {
      int end = text.indexOf('\n', at);
      int next = end < 0 ? text.length() : end + 1;
      if (begins(text, at)) {
        add(documents, text.substring(from, at), firstLine);
        from = at;
        firstLine = line;
      }
      at = next;
      line++;
    }
    add(documents, text.substring(from), firstLine);
    return documents;
  }

  private static boolean begins(String text, int at) {
    return text.startsWith("---", at)
        && (at + 3 == text.length() || Character.isWhitespace(text.charAt(at + 3)));
  }

  private static void add(List<Document> documents, String text, int firstLine) {
    if (!text.isBlank()) {
      documents.add(new Document(text, firstLine));
    }
  }
}
