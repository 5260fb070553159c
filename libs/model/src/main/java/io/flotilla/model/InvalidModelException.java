// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model;

/** One resource cannot be made valid. The message is a sentence that names the object and value. */
public final class InvalidModelException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  public InvalidModelException(String message) {
    super(message);
  }
}
