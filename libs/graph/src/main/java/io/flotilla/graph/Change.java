// SPDX-License-Identifier: Apache-2.0
package io.flotilla.graph;

import org.jspecify.annotations.Nullable;

/**
 * What became of one key in one transaction; the two values are never equal.
 *
 * @param before null: the key was not there
 * @param after null: the key is gone
 */
public record Change<V>(@Nullable V before, @Nullable V after) {}
