// SPDX-License-Identifier: Apache-2.0
package io.flotilla.regex;

/** A regular expression was refused; the message is one sentence with the reason and the remedy. */
public final class InvalidRegexException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final String message;

  InvalidRegexException(String message) {
    super(message);
    this.message = message;
  }

  @Override
  public String getMessage() {
    return message;
  }
}
