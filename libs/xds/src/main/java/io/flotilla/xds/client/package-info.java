// SPDX-License-Identifier: Apache-2.0
/**
 * ADS clients. {@code RawAdsClient} holds one incremental stream and reconnects; {@code
 * ProxyDiscovery} turns what comes into snapshots of the model, refuses resource by resource and
 * keeps the last good.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.xds.client;
