// SPDX-License-Identifier: Apache-2.0
/**
 * Clusters at run time: endpoints, balancing, limits, connections and their pools. All on one event
 * loop.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.proxy.upstream;
