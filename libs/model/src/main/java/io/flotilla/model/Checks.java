// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model;

import java.time.Duration;

/** The refusals that model constructors share; each names the object and the value. */
public final class Checks {
  private Checks() {}

  /**
   * Returns {@code value} unless it is empty.
   *
   * @param what the object and field, as the message should name it
   */
  public static String notEmpty(String value, String what) {
    if (value.isEmpty()) {
      throw new InvalidModelException(what + " must not be empty");
    }
    return value;
  }

  /** Returns {@code value} if it lies in [{@code min}, {@code max}]. */
  public static int inRange(int value, int min, int max, String what) {
    if (value < min || value > max) {
      throw new InvalidModelException(
          what + " must be from " + min + " to " + max + ", but is " + value);
    }
    return value;
  }

  /** Returns {@code value} if it is zero or more. */
  public static Duration notNegative(Duration value, String what) {
    if (value.isNegative()) {
      throw new InvalidModelException(what + " must not be negative, but is " + value);
    }
    return value;
  }

  /** Throws with {@code message} unless {@code condition}. */
  public static void require(boolean condition, String message) {
    if (!condition) {
      throw new InvalidModelException(message);
    }
  }
}
