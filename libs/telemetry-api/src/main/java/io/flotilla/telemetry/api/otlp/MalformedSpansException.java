// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api.otlp;

/** A request that is not in the form it claims, as a whole; the message says where it breaks. */
public final class MalformedSpansException extends Exception {
  private static final long serialVersionUID = 1L;

  /** With a sentence for the sender. */
  public MalformedSpansException(String message) {
    super(message);
  }
}
