// SPDX-License-Identifier: Apache-2.0
package io.flotilla.graph;

import java.util.Map;

/**
 * Changes to sources that become visible together. Not for use outside the call it was given to.
 */
public interface Transaction {

  /** Sets a value; an equal one changes nothing. */
  <K extends Comparable<? super K>, V> void set(Source<K, V> source, K key, V value);

  /** Removes a key; one that is absent changes nothing. */
  <K extends Comparable<? super K>, V> void remove(Source<K, V> source, K key);

  /** Makes the source hold exactly {@code entries}. */
  <K extends Comparable<? super K>, V> void replace(Source<K, V> source, Map<K, V> entries);
}
