// SPDX-License-Identifier: Apache-2.0
package io.flotilla.graph;

import java.util.SortedMap;

/**
 * What one settled transaction did to one collection.
 *
 * @param view the state after the transaction
 * @param byKey in key order; never empty
 */
public record Changes<K, V>(View view, SortedMap<K, Change<V>> byKey) {}
