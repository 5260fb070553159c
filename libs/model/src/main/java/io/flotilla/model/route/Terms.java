// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.route;

import java.util.Map;

/**
 * On what terms a route's requests go to their cluster.
 *
 * @param highPriority whether the limits for high priority count them, in place of the usual ones
 * @param subset the metadata of endpoints by which a subset of the cluster is asked for; empty:
 *     none is
 */
public record Terms(boolean highPriority, Map<String, Object> subset) {
  /** As any other request. */
  public static final Terms USUAL = new Terms(false, Map.of());

  public Terms {
    subset = Map.copyOf(subset);
  }
}
