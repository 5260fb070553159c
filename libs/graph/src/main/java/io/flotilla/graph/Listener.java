// SPDX-License-Identifier: Apache-2.0
package io.flotilla.graph;

/**
 * Hears of a collection's changes, once a transaction, after the whole graph settled. Called on the
 * writer's thread, in the order of the revisions; must be quick and must not start a transaction.
 */
@FunctionalInterface
public interface Listener<K, V> {
  void changed(Changes<K, V> changes);
}
