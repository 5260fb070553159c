// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.distribute;

/** Spans could not be taken now; the same request may be sent again later. */
public final class RefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Why, and so in which words each protocol says it. */
  public enum Reason {
    /** More waits to be stored than may: 429, RESOURCE_EXHAUSTED. */
    OVERLOAD("Telemetry has more spans waiting than it may hold; send them again later."),
    /** More bytes of requests are decoded than may be at a time: 429, RESOURCE_EXHAUSTED. */
    DECODING("Telemetry has its hands full with other large requests; send it again later."),
    /** The tenant sends more than its share: 429, RESOURCE_EXHAUSTED. */
    RATE("The tenant sends more spans a second than it may; send them again later."),
    /** One tenant more than may be: 429, RESOURCE_EXHAUSTED. */
    TENANTS("Telemetry keeps as many tenants as it may (flotilla.telemetry.tenants.max)."),
    /** What should keep them failed, or was too slow: 503, UNAVAILABLE. */
    STORAGE("Telemetry cannot store spans at the moment; send them again later.");

    private final String sentence;

    Reason(String sentence) {
      this.sentence = sentence;
    }

    /** The label of counters. */
    String label() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  private final Reason reason;

  RefusedException(Reason reason) {
    super(reason.sentence);
    this.reason = reason;
  }

  Reason reason() {
    return reason;
  }

  /** Whether the sender is too fast (429, RESOURCE_EXHAUSTED), not the store broken. */
  public boolean tooMuch() {
    return reason != Reason.STORAGE;
  }
}
