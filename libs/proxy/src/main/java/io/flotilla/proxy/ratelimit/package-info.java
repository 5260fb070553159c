// SPDX-License-Identifier: Apache-2.0
/**
 * Limits on how many requests and connections pass: counted by this proxy itself in token buckets,
 * and by what requests are told apart when they are counted.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.proxy.ratelimit;
