// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel;

/** A request that is not answered with a certificate, and why, in one sentence for the caller. */
public final class Refusal extends RuntimeException {
  /** The kinds of refusal, each one label of the metric that counts them. */
  public enum Kind {
    /** Nobody is known to call: no proof, or one that does not hold. */
    UNAUTHENTICATED,
    /** The caller is known and asks for what it may not have. */
    PERMISSION_DENIED,
    /** The request makes no sense. */
    INVALID_REQUEST,
    /** Too many requests. */
    RATE_LIMITED,
    /** Citadel itself cannot answer now. */
    UNAVAILABLE
  }

  private final Kind kind;

  public Refusal(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }

  /** The sentence for the caller. */
  public String sentence() {
    return String.valueOf(getMessage());
  }
}
