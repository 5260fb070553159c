// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.admin;

import io.envoyproxy.envoy.config.bootstrap.v3.Admin;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.flotilla.model.node.ProxyNode;
import io.flotilla.xds.codec.Nodes;

/** How a proxy of ours begins, in the words of Envoy's bootstrap. */
public final class BootstrapDescription {
  private BootstrapDescription() {}

  /**
   * Its node, admin address, and that it takes all by delta ADS.
   *
   * @param xds "host:port" of the control plane
   */
  public static Bootstrap of(ProxyNode node, String adminHost, int adminPort, String xds) {
    ConfigSource ads =
        ConfigSource.newBuilder()
            .setAds(AggregatedConfigSource.getDefaultInstance())
            .setResourceApiVersion(ApiVersion.V3)
            .build();
    return Bootstrap.newBuilder()
        .setNode(Nodes.encode(node))
        .setAdmin(
            Admin.newBuilder()
                .setAddress(
                    Address.newBuilder()
                        .setSocketAddress(
                            SocketAddress.newBuilder()
                                .setAddress(adminHost)
                                .setPortValue(adminPort))))
        .setDynamicResources(
            Bootstrap.DynamicResources.newBuilder()
                .setLdsConfig(ads)
                .setCdsConfig(ads)
                .setAdsConfig(
                    ApiConfigSource.newBuilder()
                        .setApiType(ApiConfigSource.ApiType.DELTA_GRPC)
                        .setTransportApiVersion(ApiVersion.V3)
                        .setSetNodeOnFirstMessageOnly(true)
                        .addGrpcServices(
                            GrpcService.newBuilder()
                                .setGoogleGrpc(
                                    GrpcService.GoogleGrpc.newBuilder()
                                        .setTargetUri(xds)
                                        .setStatPrefix("xds-grpc")))))
        .build();
  }
}
