// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.server;

import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.envoyproxy.envoy.service.secret.v3.SecretDiscoveryServiceGrpc;
import io.flotilla.model.tls.Secret;
import io.flotilla.xds.TypeUrl;
import io.flotilla.xds.codec.EnvoyEncoder;
import io.flotilla.xds.codec.internal.TlsCodec;
import io.flotilla.xds.server.internal.DeltaSession;
import io.flotilla.xds.server.internal.SotwSession;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** The secret discovery service that an agent offers to a proxy beside it. */
public final class SdsServer extends SecretDiscoveryServiceGrpc.SecretDiscoveryServiceImplBase {
  private final List<Consumer<ResourceSet>> sinks = new ArrayList<>();
  private long revision;
  private ResourceSet current = new ResourceSet(0, Map.of());

  /** Replaces what is served; every open stream is told what changed. */
  public synchronized void update(Iterable<Secret> secrets) {
    Map<String, VersionedResource> resources = new LinkedHashMap<>();
    for (Secret secret : secrets) {
      resources.put(secret.name(), EnvoyEncoder.versioned(secret.name(), TlsCodec.secret(secret)));
    }
    current = new ResourceSet(++revision, Map.of(TypeUrl.SECRET, resources));
    // A sink never blocks: it hands over to its stream.
    sinks.forEach(sink -> sink.accept(current));
  }

  private synchronized AutoCloseable open(Peer peer, Consumer<ResourceSet> sink) {
    sinks.add(sink);
    sink.accept(current);
    return () -> remove(sink);
  }

  private synchronized void remove(Consumer<ResourceSet> sink) {
    sinks.remove(sink);
  }

  @Override
  public StreamObserver<DeltaDiscoveryRequest> deltaSecrets(
      StreamObserver<DeltaDiscoveryResponse> responses) {
    return new DeltaSession(
        responses, this::open, new StreamListener() {}, Optional.empty(), "local", TypeUrl.SECRET);
  }

  @Override
  public StreamObserver<DiscoveryRequest> streamSecrets(
      StreamObserver<DiscoveryResponse> responses) {
    return new SotwSession(
        responses, this::open, new StreamListener() {}, Optional.empty(), "local", TypeUrl.SECRET);
  }
}
