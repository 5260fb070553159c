// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.yaml;

/** A document is not YAML, or too costly to read. */
final class UnreadableDocumentException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int line;

  UnreadableDocumentException(int line, String message) {
    super(message);
    this.line = line;
  }

  /** In the file, from 1; 0: unknown. */
  int line() {
    return line;
  }
}
