// SPDX-License-Identifier: Apache-2.0
package io.flotilla.graph;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One function applied to one input entry.
 *
 * @param reads what it read besides its input
 * @param outputs what it made
 * @param failure why it threw when it last ran, or null
 */
record Task<OK, OV>(Set<Read> reads, Map<OK, OV> outputs, @Nullable String failure) {

  /**
   * One tracked read.
   *
   * @param key null: the whole collection
   */
  record Read(Collection<?, ?> collection, @Nullable Object key) {}

  /** The books' name for a task: the collection's ordinal and the input's key. */
  record Ref(int ordinal, Object key) implements Comparable<Ref> {
    @Override
    @SuppressWarnings("unchecked")
    public int compareTo(Ref other) {
      int byOrdinal = Integer.compare(ordinal, other.ordinal);
      return byOrdinal != 0 ? byOrdinal : ((Comparable<Object>) key).compareTo(other.key);
    }
  }
}
