// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.route;

import java.util.Map;

/**
 * On what terms a route's requests go to their cluster.
 *
 * @param highPriority whether the limits for high priority count them, in place of the usual ones
 * @param subset the metadata of endpoints by which a subset of the cluster is asked for; empty:
 *     none is
 * @param hedgeOnTimeout whether a try whose time passed goes on beside the next; the first good
 *     answer counts
 */
public record Terms(boolean highPriority, Map<String, Object> subset, boolean hedgeOnTimeout) {
  /** As any other request. */
  public static final Terms USUAL = new Terms(false, Map.of(), false);

  public Terms {
    subset = Map.copyOf(subset);
  }

  /** Without hedging. */
  public Terms(boolean highPriority, Map<String, Object> subset) {
    this(highPriority, subset, false);
  }
}
