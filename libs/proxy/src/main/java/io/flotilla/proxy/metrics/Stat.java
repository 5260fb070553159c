// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.metrics;

import java.util.Locale;

/**
 * A counter or gauge by its name below its scope. Enums implement it: the constant {@code
 * UPSTREAM_CX_TOTAL} is "upstream_cx_total", and two underscores are a dot.
 */
public interface Stat {
  /** The constant's name. */
  String name();

  /** The constant's place. */
  int ordinal();

  /** Whether it may fall. */
  default boolean isGauge() {
    return name().endsWith("_ACTIVE");
  }

  /** The name as Envoy writes it. */
  default String leaf() {
    return name().toLowerCase(Locale.ROOT).replace("__", ".");
  }
}
