// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.route;

/**
 * On what terms a route's requests go to their cluster.
 *
 * @param highPriority whether the limits for high priority count them, in place of the usual ones
 */
public record Terms(boolean highPriority) {
  /** As any other request. */
  public static final Terms USUAL = new Terms(false);
}
