// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.traceql;

/** A query that is none; the message says where and why, in Tempo's form. */
public final class TraceQlException extends Exception {
  private static final long serialVersionUID = 1L;

  TraceQlException(String message) {
    super(message);
  }

  static TraceQlException at(String text, int position, String why) {
    int line = 1;
    int column = 1;
    for (int i = 0; i < Math.min(position, text.length()); i++) {
      if (text.charAt(i) == '\n') {
        line++;
        column = 1;
      } else {
        column++;
      }
    }
    return new TraceQlException("parse error at line " + line + ", col " + column + ": " + why);
  }
}
