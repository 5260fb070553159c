// SPDX-License-Identifier: Apache-2.0
package io.flotilla.graph;

/**
 * A value in a collection.
 *
 * @param changed the revision at which the value last became another one
 */
public record Entry<V>(V value, Revision changed) {}
