// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec;

import java.util.Set;

/**
 * Which of Istio's own extensions a proxy has. Upstream's Envoy lists its extensions and has none
 * of these; a proxy that lists nothing is taken to be Istio's.
 */
public record Capabilities(boolean istioAlpn, boolean istioStats, boolean metadataExchange) {
  /** Everything. */
  public static final Capabilities ALL = new Capabilities(true, true, true);

  /** What our own engine lists in its node. */
  public static final Set<String> OF_OUR_ENGINE =
      Set.of("istio.alpn", "istio.stats", "istio.metadata_exchange");

  /** By the names of a node's extensions. */
  public static Capabilities of(Set<String> extensions) {
    return extensions.isEmpty()
        ? ALL
        : new Capabilities(
            extensions.contains("istio.alpn"),
            extensions.contains("istio.stats"),
            extensions.contains("istio.metadata_exchange"));
  }
}
