// SPDX-License-Identifier: Apache-2.0
/**
 * ADS servers: SotW and Delta. {@code RawAdsServer} serves any resources by type and name; {@code
 * XdsServer} serves proxies, from snapshots of the model. What enters are resource sets; what
 * leaves are responses with only what a stream subscribed to and does not have yet, and the fate of
 * each.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.xds.server;
