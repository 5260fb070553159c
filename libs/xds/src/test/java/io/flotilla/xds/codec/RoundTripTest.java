// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.core.v3.ProxyProtocolConfig;
import io.envoyproxy.envoy.config.core.v3.ProxyProtocolPassThroughTLVs;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport;
import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.listener.NetworkFilter;
import io.flotilla.model.snapshot.ProxySnapshot;
import io.flotilla.xds.TypeUrl;
import io.flotilla.xds.codec.internal.ListenerCodec;
import io.flotilla.xds.server.ResourceSet;
import io.flotilla.xds.server.VersionedResource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RoundTripTest {
  private final ProxySnapshot all = Everything.snapshot(7, "chain", "key", "roots");
  private final EnvoyEncoder encoder = new EnvoyEncoder(Capabilities.ALL);

  @Test
  void decodesWhatItEncodesToAnEqualModel() throws ResourceError {
    ResourceSet set = encoder.encode(all);

    same(set, TypeUrl.LISTENER, all.listeners());
    same(set, TypeUrl.ROUTES, all.routes());
    same(set, TypeUrl.CLUSTER, all.clusters());
    same(set, TypeUrl.ENDPOINTS, all.endpoints());
    same(set, TypeUrl.SECRET, all.secrets());
  }

  private static void same(ResourceSet set, String type, Map<String, ?> expected)
      throws ResourceError {
    Map<String, Object> back = new LinkedHashMap<>();
    for (VersionedResource each : set.types().get(type).values()) {
      back.put(each.name(), Decoded.of(each.name(), each.body()));
    }
    expected.forEach((name, object) -> assertThat(back.get(name)).isEqualTo(object));
    assertThat(back).hasSameSizeAs(expected);
  }

  @Test
  void carriesTransparentListeners() throws ResourceError {
    // Not in Everything: Envoy binds one only with a capability, and crashes on one that is
    // unbound.
    Listener plain = all.listeners().get("virtualInbound");
    Listener transparent =
        new Listener(
            plain.name(),
            plain.address(),
            plain.additionalAddresses(),
            plain.bindToPort(),
            plain.direction(),
            plain.useOriginalDestination(),
            true,
            plain.inspectors(),
            plain.inspectionTimeout(),
            plain.continueOnInspectionTimeout(),
            plain.filterChains(),
            plain.defaultFilterChain(),
            plain.accessLogs());

    assertThat(
            EnvoyDecoder.listener(
                plain.name(), Any.pack(new ListenerCodec(Capabilities.ALL).encode(transparent))))
        .isEqualTo(transparent);
  }

  @Test
  void givesEqualResourcesEqualVersionsAndOthersOtherOnes() {
    ResourceSet first = encoder.encode(all);
    ResourceSet again =
        new EnvoyEncoder(Capabilities.ALL).encode(Everything.snapshot(8, "chain", "key", "roots"));

    assertThat(again.types()).isEqualTo(first.types());
    assertThat(
            encoder
                .encode(Everything.snapshot(9, "chain", "other", "roots"))
                .types()
                .get(TypeUrl.SECRET))
        .isNotEqualTo(first.types().get(TypeUrl.SECRET));
  }

  @Test
  void takesOverWhatIsTheSameObjectAsBefore() {
    EnvoyEncoder.Encoded first = encoder.encode(all, EnvoyEncoder.Encoded.NOTHING);
    EnvoyEncoder.Encoded second = encoder.encode(all, first);

    assertThat(second.resources().types().get(TypeUrl.LISTENER))
        .isSameAs(first.resources().types().get(TypeUrl.LISTENER));
  }

  @Test
  void leavesOutWhatAProxyDoesNotHave() throws ResourceError {
    ResourceSet set =
        new EnvoyEncoder(Capabilities.of(Set.of("envoy.filters.http.router"))).encode(all);

    Listener listener =
        EnvoyDecoder.listener(
            "virtualInbound", set.types().get(TypeUrl.LISTENER).get("virtualInbound").body());

    HttpConnectionManager http =
        (HttpConnectionManager) listener.filterChains().getFirst().terminal();
    assertThat(http.filters())
        .noneMatch(
            f ->
                f instanceof HttpFilter.Alpn
                    || f instanceof HttpFilter.Stats
                    || f instanceof HttpFilter.PeerMetadata);
    assertThat(listener.filterChains().getFirst().networkFilters())
        .noneMatch(
            f -> f instanceof NetworkFilter.PeerExchange || f instanceof NetworkFilter.Stats);
  }

  @Test
  void namesTheResourceAndTheReasonWhenItCannotBeRead() {
    Any garbage =
        Any.newBuilder()
            .setTypeUrl(TypeUrl.CLUSTER)
            .setValue(ByteString.copyFromUtf8("\u0001garbage"))
            .build();

    assertThatThrownBy(() -> EnvoyDecoder.cluster("reviews", garbage))
        .isInstanceOf(ResourceError.class)
        .hasMessageContaining("reviews");
    assertThatThrownBy(() -> EnvoyDecoder.listener("reviews", garbage))
        .isInstanceOf(ResourceError.class);
  }

  @Test
  void refusesTheProxyProtocolsFurtherFieldsByName() {
    var socket =
        ProxyProtocolUpstreamTransport.newBuilder()
            .setConfig(
                ProxyProtocolConfig.newBuilder()
                    .setPassThroughTlvs(ProxyProtocolPassThroughTLVs.getDefaultInstance()))
            .build();
    Any cluster =
        Any.pack(
            io.envoyproxy.envoy.config.cluster.v3.Cluster.newBuilder()
                .setName("reviews")
                .setTransportSocket(TransportSocket.newBuilder().setTypedConfig(Any.pack(socket)))
                .build());

    assertThatThrownBy(() -> EnvoyDecoder.cluster("reviews", cluster))
        .isInstanceOf(ResourceError.class)
        .hasMessageContaining("reviews")
        .hasMessageContaining("pass_through_tlvs");
  }
}
