// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.promql;

/** A query that cannot be answered; the message is one sentence for the one who asked. */
public final class PromQlException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Whose fault it is, by Prometheus' names. */
  public enum Kind {
    /** The query itself: "bad_data". */
    BAD_DATA,
    /** Its evaluation over this data: "execution". */
    EXECUTION
  }

  private final Kind kind;

  private PromQlException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  /** The text is wrong. */
  public static PromQlException badData(String message) {
    return new PromQlException(Kind.BAD_DATA, message);
  }

  /** The text is PromQL, but this engine lacks something. */
  public static PromQlException unsupported(String what) {
    return new PromQlException(
        Kind.BAD_DATA,
        what
            + " is not supported by telemetry's embedded window; configure a Prometheus server"
            + " (flotilla.telemetry.prometheus.url) and ask that");
  }

  static PromQlException execution(String message) {
    return new PromQlException(Kind.EXECUTION, message);
  }

  /** Whose fault it is. */
  public Kind kind() {
    return kind;
  }

  /** The message; never null. */
  public String sentence() {
    String message = getMessage();
    return message == null ? "" : message;
  }
}
