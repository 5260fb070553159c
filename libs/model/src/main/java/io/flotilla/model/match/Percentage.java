// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.match;

import io.flotilla.model.Checks;

/**
 * A share of events, exact to a millionth.
 *
 * @param partsPerMillion 0 to 1,000,000
 */
public record Percentage(int partsPerMillion) {
  public static final Percentage ALL = new Percentage(1_000_000);
  public static final Percentage NONE = new Percentage(0);

  public Percentage {
    Checks.inRange(partsPerMillion, 0, 1_000_000, "a percentage in parts per million");
  }

  /** From a percentage as people write it, 0 to 100. */
  public static Percentage ofPercent(double percent) {
    return new Percentage((int) Math.round(percent * 10_000));
  }
}
