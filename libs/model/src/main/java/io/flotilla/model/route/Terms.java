// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.route;

import io.flotilla.model.Checks;
import java.util.Map;

/**
 * On what terms a route's requests go to their cluster.
 *
 * @param highPriority whether the limits for high priority count them, in place of the usual ones
 * @param subset the metadata of endpoints by which a subset of the cluster is asked for; empty:
 *     none is
 * @param hedgeOnTimeout whether a try whose time passed goes on beside the next; the first good
 *     answer counts
 * @param missingClusterStatus the answer where there is no such cluster: 404, 500 or 503
 */
public record Terms(
    boolean highPriority,
    Map<String, Object> subset,
    boolean hedgeOnTimeout,
    int missingClusterStatus) {
  /** As any other request. */
  public static final Terms USUAL = new Terms(false, Map.of(), false, 503);

  public Terms {
    subset = Map.copyOf(subset);
    Checks.require(
        missingClusterStatus == 404 || missingClusterStatus == 500 || missingClusterStatus == 503,
        "the status where a cluster is missing must be 404, 500 or 503, but is "
            + missingClusterStatus);
  }

  /** Without hedging; 503 where there is no such cluster. */
  public Terms(boolean highPriority, Map<String, Object> subset) {
    this(highPriority, subset, false, 503);
  }
}
