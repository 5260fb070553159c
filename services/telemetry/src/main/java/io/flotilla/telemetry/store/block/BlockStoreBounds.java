// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store.block;

import java.time.Duration;

/**
 * How much a block store keeps, and when it writes.
 *
 * @param cutSpans spans in the head above which it becomes a block
 * @param cutBytes the head's estimated bytes above which it becomes a block
 * @param cutAfter how long the head lasts at most
 * @param maxSpansOfTrace of one trace in the head; further ones are not taken
 * @param maxAge blocks whose latest span is older leave
 * @param maxBytes of all blocks; above, the oldest leave
 */
public record BlockStoreBounds(
    int cutSpans,
    long cutBytes,
    Duration cutAfter,
    int maxSpansOfTrace,
    Duration maxAge,
    long maxBytes) {
  public BlockStoreBounds {
    if (cutSpans < 1
        || cutBytes < 1
        || maxSpansOfTrace < 1
        || maxBytes < 1
        || !cutAfter.isPositive()
        || !maxAge.isPositive()) {
      throw new IllegalArgumentException("the bounds of the block store must be positive");
    }
  }
}
