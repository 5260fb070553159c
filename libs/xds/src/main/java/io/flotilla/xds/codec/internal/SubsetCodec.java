// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec.internal;

import io.envoyproxy.envoy.config.cluster.v3.Cluster.LbSubsetConfig;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.LbSubsetConfig.LbSubsetFallbackPolicy;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.LbSubsetConfig.LbSubsetMetadataFallbackPolicy;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.LbSubsetConfig.LbSubsetSelector;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.LbSubsetConfig.LbSubsetSelector.LbSubsetSelectorFallbackPolicy;
import io.flotilla.model.InvalidModelException;
import io.flotilla.model.cluster.Subsets;
import io.flotilla.xds.codec.Structs;
import java.util.HashSet;

/** The subsets of clusters. */
final class SubsetCodec {
  private SubsetCodec() {}

  static LbSubsetConfig encode(Subsets subsets) {
    LbSubsetConfig.Builder b =
        LbSubsetConfig.newBuilder()
            .setFallbackPolicy(
                switch (subsets.fallback()) {
                  case ANY_ENDPOINT -> LbSubsetFallbackPolicy.ANY_ENDPOINT;
                  case DEFAULT_SUBSET -> LbSubsetFallbackPolicy.DEFAULT_SUBSET;
                  case NO_ENDPOINT, FEWER_KEYS, AS_CLUSTER -> LbSubsetFallbackPolicy.NO_FALLBACK;
                })
            .setLocalityWeightAware(subsets.localityWeighted());
    if (!subsets.defaultSubset().isEmpty()) {
      b.setDefaultSubset(Structs.toStruct(subsets.defaultSubset()));
    }
    for (Subsets.Selector selector : subsets.selectors()) {
      b.addSubsetSelectorsBuilder()
          .addAllKeys(selector.keys().stream().sorted().toList())
          .addAllFallbackKeysSubset(selector.fewerKeys().stream().sorted().toList())
          .setFallbackPolicy(
              switch (selector.fallback()) {
                case NO_ENDPOINT -> LbSubsetSelectorFallbackPolicy.NO_FALLBACK;
                case ANY_ENDPOINT -> LbSubsetSelectorFallbackPolicy.ANY_ENDPOINT;
                case DEFAULT_SUBSET -> LbSubsetSelectorFallbackPolicy.DEFAULT_SUBSET;
                case FEWER_KEYS -> LbSubsetSelectorFallbackPolicy.KEYS_SUBSET;
                case AS_CLUSTER -> LbSubsetSelectorFallbackPolicy.NOT_DEFINED;
              });
    }
    return b.build();
  }

  static Subsets decode(String cluster, LbSubsetConfig c) {
    refuse(cluster, c.getScaleLocalityWeight(), "scale_locality_weight");
    refuse(cluster, c.getPanicModeAny(), "panic_mode_any");
    refuse(cluster, c.getListAsAny(), "list_as_any");
    refuse(
        cluster,
        c.getMetadataFallbackPolicy() != LbSubsetMetadataFallbackPolicy.METADATA_NO_FALLBACK,
        "metadata_fallback_policy");
    return new Subsets(
        switch (c.getFallbackPolicy()) {
          case ANY_ENDPOINT -> Subsets.Fallback.ANY_ENDPOINT;
          case DEFAULT_SUBSET -> Subsets.Fallback.DEFAULT_SUBSET;
          default -> Subsets.Fallback.NO_ENDPOINT;
        },
        Structs.toMap(c.getDefaultSubset()),
        c.getSubsetSelectorsList().stream().map(s -> selector(cluster, s)).toList(),
        c.getLocalityWeightAware());
  }

  private static Subsets.Selector selector(String cluster, LbSubsetSelector s) {
    refuse(cluster, s.getSingleHostPerSubset(), "single_host_per_subset");
    return new Subsets.Selector(
        new HashSet<>(s.getKeysList()),
        switch (s.getFallbackPolicy()) {
          case NO_FALLBACK -> Subsets.Fallback.NO_ENDPOINT;
          case ANY_ENDPOINT -> Subsets.Fallback.ANY_ENDPOINT;
          case DEFAULT_SUBSET -> Subsets.Fallback.DEFAULT_SUBSET;
          case KEYS_SUBSET -> Subsets.Fallback.FEWER_KEYS;
          default -> Subsets.Fallback.AS_CLUSTER;
        },
        new HashSet<>(s.getFallbackKeysSubsetList()));
  }

  private static void refuse(String cluster, boolean told, String field) {
    if (told) {
      throw new InvalidModelException(
          "cluster " + cluster + " has " + field + " of lb_subset_config, which is not supported");
    }
  }
}
