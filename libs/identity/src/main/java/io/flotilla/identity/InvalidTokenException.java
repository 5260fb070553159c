// SPDX-License-Identifier: Apache-2.0
package io.flotilla.identity;

/** A token that is not accepted, and why. The message is one sentence and never holds the token. */
public final class InvalidTokenException extends InvalidIdentityException {
  /** The kinds of refusal. */
  public enum Reason {
    MALFORMED,
    UNSUPPORTED_ALGORITHM,
    UNKNOWN_KEY,
    BAD_SIGNATURE,
    EXPIRED,
    NOT_YET_VALID,
    WRONG_ISSUER,
    WRONG_AUDIENCE
  }

  private final Reason reason;

  public InvalidTokenException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
