// SPDX-License-Identifier: Apache-2.0

/**
 * Incremental collections. A {@link io.flotilla.graph.GraphBuilder} describes, once and from top to
 * bottom, sources and what is derived from them by pure functions; a {@link
 * io.flotilla.graph.Graph} then takes transactions on the sources and re-evaluates exactly the
 * functions whose inputs changed. Every transaction is one {@link io.flotilla.graph.Revision};
 * every settled state is an immutable {@link io.flotilla.graph.View} that any thread reads without
 * a lock; every entry tells its {@link io.flotilla.graph.Provenance}; a fork shares all state with
 * its origin and is changed without the origin noticing.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.graph;
