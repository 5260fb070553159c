// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api;

/**
 * Where a resource was read.
 *
 * @param file a path as the source names it, or the name of another source; empty: unknown
 * @param line from 1; 0: the source has no lines
 */
public record Origin(String file, int line) {

  /** Of a resource that was made, not read. */
  public static final Origin NONE = new Origin("", 0);

  /** Reads what {@link #toString} wrote. */
  public static Origin parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon > 0 && text.substring(colon + 1).matches("\\d{1,9}")) {
      return new Origin(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
    }
    return new Origin(text, 0);
  }

  /** "file:line", or what of it is known. */
  @Override
  public String toString() {
    return line == 0 ? file : file + ":" + line;
  }
}
