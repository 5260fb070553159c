// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.traceql;

/**
 * One word of a query.
 *
 * @param value of numbers, durations and strings; otherwise the text itself
 */
record Token(Kind kind, String text, Object value, int position) {

  enum Kind {
    /** An operator, a bracket or a comma. */
    SIGN,
    /** A name without a dot: a keyword, an intrinsic, a function. */
    WORD,
    /** {@code .a}, {@code span.a}, {@code parent.resource.a}, {@code span:id}, ... */
    FIELD,
    STRING,
    INTEGER,
    FLOAT,
    DURATION,
    END
  }

  boolean is(String sign) {
    return (kind == Kind.SIGN || kind == Kind.WORD) && text.equals(sign);
  }
}
