// SPDX-License-Identifier: Apache-2.0
/**
 * Tokens of requests: found in headers, query parameters and cookies, verified by their issuers'
 * key sets. What leaves is a verdict in Envoy's own words. Key sets that must be fetched are held
 * by {@link io.flotilla.proxy.jwt.KeySets}, for all requests of an engine.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.proxy.jwt;
