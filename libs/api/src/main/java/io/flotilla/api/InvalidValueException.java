// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api;

/** A record's constructor refused its arguments. The reader adds the path and the line. */
public final class InvalidValueException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final String field;

  /**
   * @param field the component that is wrong, as in YAML; empty: several together
   */
  public InvalidValueException(String field, String message) {
    super(message);
    this.field = field;
  }

  /** The component that is wrong, as in YAML; empty: several together. */
  public String field() {
    return field;
  }

  /** Throws unless {@code holds}. */
  public static void require(boolean holds, String field, String message) {
    if (!holds) {
      throw new InvalidValueException(field, message);
    }
  }
}
