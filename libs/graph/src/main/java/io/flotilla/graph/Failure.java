// SPDX-License-Identifier: Apache-2.0
package io.flotilla.graph;

/**
 * A function that threw. Its last good outputs stay in force.
 *
 * @param collection the name of the collection whose function it was
 * @param key the input's key
 * @param reason the exception's message, or its class where it has none
 */
public record Failure(String collection, Object key, String reason) {}
