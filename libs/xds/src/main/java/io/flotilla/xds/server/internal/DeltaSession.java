// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.server.internal;

import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.flotilla.xds.SystemVersion;
import io.flotilla.xds.TypeUrl;
import io.flotilla.xds.server.ResourceSource;
import io.flotilla.xds.server.StreamListener;
import io.flotilla.xds.server.VersionedResource;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Incremental xDS: only what changed is said. */
public final class DeltaSession extends AdsSession<DeltaDiscoveryRequest, DeltaDiscoveryResponse> {
  public DeltaSession(
      StreamObserver<DeltaDiscoveryResponse> responses,
      ResourceSource source,
      StreamListener listener,
      Optional<String> spiffeId,
      String remoteAddress,
      String onlyType) {
    super(responses, source, listener, spiffeId, remoteAddress, true, onlyType);
  }

  @Override
  @Nullable Node nodeOf(DeltaDiscoveryRequest request) {
    return request.hasNode() ? request.getNode() : null;
  }

  @Override
  String typeOf(DeltaDiscoveryRequest request) {
    return request.getTypeUrl();
  }

  @Override
  void take(DeltaDiscoveryRequest request, Subscription subscription) {
    boolean first = subscription.open();
    String nonce = request.getResponseNonce();
    if (!nonce.isEmpty()
        && subscription.answer(nonce, request.hasErrorDetail())
        && request.hasErrorDetail()) {
      refused(subscription, request.getErrorDetail().getMessage());
    }
    if (first) {
      request.getInitialResourceVersionsMap().forEach(subscription::has);
      if (request.getResourceNamesSubscribeCount() == 0
          && TypeUrl.isFullState(subscription.typeUrl())) {
        subscription.wantAll();
      }
    }
    for (String name : request.getResourceNamesSubscribeList()) {
      if (name.equals("*")) {
        subscription.wantAll();
      } else {
        subscription.want(name);
        if (!request.containsInitialResourceVersions(name)) {
          subscription.answerAgain(name);
        }
      }
    }
    request.getResourceNamesUnsubscribeList().forEach(subscription::forget);
  }

  @Override
  List<VersionedResource> push(
      Subscription subscription,
      Map<String, VersionedResource> now,
      long revision,
      boolean keepRemoved) {
    Subscription.Change change = subscription.changes(now, keepRemoved);
    if (change.isEmpty() && !(subscription.isUnanswered() && subscription.isWildcard())) {
      return List.of();
    }
    DeltaDiscoveryResponse.Builder response =
        DeltaDiscoveryResponse.newBuilder()
            .setTypeUrl(subscription.typeUrl())
            .setSystemVersionInfo(new SystemVersion(revision, isPartial()).text())
            .addAllRemovedResources(change.removed())
            .setNonce(subscription.send(change.changed()));
    for (VersionedResource resource : change.changed()) {
      response.addResources(
          Resource.newBuilder()
              .setName(resource.name())
              .setVersion(resource.version())
              .setResource(resource.body()));
    }
    subscription.delivered(change.changed(), change.removed());
    send(response.build(), subscription.typeUrl(), revision, change.changed().size());
    return change.changed();
  }
}
