// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.server.internal;

import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.flotilla.xds.TypeUrl;
import io.flotilla.xds.server.ResourceSource;
import io.flotilla.xds.server.StreamListener;
import io.flotilla.xds.server.VersionedResource;
import io.grpc.stub.StreamObserver;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * State-of-the-world xDS: a response holds all clusters or listeners that the client subscribed to;
 * of endpoints, routes and secrets, those that changed.
 */
public final class SotwSession extends AdsSession<DiscoveryRequest, DiscoveryResponse> {

  public SotwSession(
      StreamObserver<DiscoveryResponse> responses,
      ResourceSource source,
      StreamListener listener,
      Optional<String> spiffeId,
      String remoteAddress,
      String onlyType) {
    super(responses, source, listener, spiffeId, remoteAddress, false, onlyType);
  }

  @Override
  @Nullable Node nodeOf(DiscoveryRequest request) {
    return request.hasNode() ? request.getNode() : null;
  }

  @Override
  String typeOf(DiscoveryRequest request) {
    return request.getTypeUrl();
  }

  @Override
  void take(DiscoveryRequest request, Subscription subscription) {
    boolean first = subscription.open();
    String nonce = request.getResponseNonce();
    // A nonce in a stream's first request is one of an earlier stream.
    if (!first && !nonce.isEmpty()) {
      if (!subscription.answer(nonce, request.hasErrorDetail())) {
        // The client has yet to see a later response, and will say its names again then.
        return;
      }
      if (request.hasErrorDetail()) {
        refused(subscription, request.getErrorDetail().getMessage());
      }
    }
    Set<String> names = new HashSet<>(request.getResourceNamesList());
    boolean all =
        names.remove("*")
            || (names.isEmpty()
                && !subscription.wasNamed()
                && TypeUrl.isFullState(subscription.typeUrl()));
    subscription.replace(names, all);
  }

  @Override
  List<VersionedResource> push(
      Subscription subscription,
      Map<String, VersionedResource> now,
      long revision,
      boolean keepRemoved) {
    Subscription.Change change = subscription.changes(now, keepRemoved);
    boolean full = TypeUrl.isFullState(subscription.typeUrl());
    boolean awaited = subscription.isUnanswered() && subscription.isWildcard();
    if (full ? change.isEmpty() && !awaited : change.changed().isEmpty()) {
      // That endpoints or routes are gone cannot be said; what refers to them goes.
      subscription.delivered(List.of(), change.removed());
      return List.of();
    }
    Collection<VersionedResource> body =
        full ? subscription.wanted(now, keepRemoved).values() : change.changed();
    DiscoveryResponse.Builder response =
        DiscoveryResponse.newBuilder()
            .setTypeUrl(subscription.typeUrl())
            .setNonce(subscription.send(change.changed()));
    long digest = 17;
    for (VersionedResource resource : body) {
      response.addResources(resource.body());
      digest = 31 * (31 * digest + resource.name().hashCode()) + resource.version().hashCode();
    }
    response.setVersionInfo(revision + "-" + Long.toHexString(digest));
    subscription.delivered(change.changed(), change.removed());
    send(response.build(), subscription.typeUrl(), revision, body.size());
    return change.changed();
  }
}
