// SPDX-License-Identifier: Apache-2.0

/**
 * The services that the console asks, by gRPC. What enters is their answers; what leaves is an
 * {@link io.flotilla.console.peer.Answer}: the answer itself, or one sentence on why there is none.
 * Any of them may be away, and nothing here waits longer than the deadline.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.console.peer;
