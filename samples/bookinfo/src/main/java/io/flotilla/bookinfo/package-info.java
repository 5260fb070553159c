// SPDX-License-Identifier: Apache-2.0

/**
 * The bookinfo application with upstream's HTTP contract: productpage calls details and reviews,
 * reviews v2 and v3 call ratings. {@link io.flotilla.bookinfo.Bookinfo} hosts any set of the
 * services in one process, each on an address of its own and with an HTTP proxy of its own; they
 * know each other only by URL.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.bookinfo;
