// SPDX-License-Identifier: Apache-2.0
package io.flotilla.ca.client;

/** The authority refused, could not be reached, or answered with what is not acceptable. */
public final class CaException extends RuntimeException {
  private final boolean refused;

  private CaException(boolean refused, String message, Throwable cause) {
    super(message, cause);
    this.refused = refused;
  }

  /** The authority answered, and its answer was no. */
  public static CaException refused(String message, Throwable cause) {
    return new CaException(true, message, cause);
  }

  /** No answer, or one that makes no sense. */
  public static CaException failed(String message, Throwable cause) {
    return new CaException(false, message, cause);
  }

  /** Whether the authority answered and refused: asking again with the same credentials is vain. */
  public boolean refused() {
    return refused;
  }
}
