// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.server.internal;

import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.flotilla.xds.TypeUrl;
import io.flotilla.xds.server.ResourceSource;
import io.flotilla.xds.server.StreamListener;
import io.flotilla.xds.server.VersionedResource;
import io.grpc.stub.StreamObserver;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Incremental xDS: only what changed is said. */
public final class DeltaSession extends AdsSession<DeltaDiscoveryRequest, DeltaDiscoveryResponse> {
  /** Prefix of system_version_info, by which our clients learn the revision. */
  public static final String REVISION_PREFIX = "flotilla/";

  public DeltaSession(
      StreamObserver<DeltaDiscoveryResponse> responses,
      ResourceSource source,
      StreamListener listener,
      Optional<String> spiffeId,
      String remoteAddress) {
    super(responses, source, listener, spiffeId, remoteAddress, true);
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
    boolean first = request.getResponseNonce().isEmpty();
    if (!first) {
      subscription.answer(request.getResponseNonce());
      if (request.hasErrorDetail()) {
        refused(subscription.typeUrl(), request.getErrorDetail().getMessage());
      }
    }
    request.getInitialResourceVersionsMap().forEach(subscription::has);
    if (first
        && request.getResourceNamesSubscribeCount() == 0
        && request.getResourceNamesUnsubscribeCount() == 0
        && isWildcardByDefault(subscription.typeUrl())) {
      subscription.wantAll();
    }
    for (String name : request.getResourceNamesSubscribeList()) {
      if (name.equals("*")) {
        subscription.wantAll();
      } else if (request.containsInitialResourceVersions(name)) {
        subscription.want(name);
      } else {
        subscription.askAgain(name);
      }
    }
    request.getResourceNamesUnsubscribeList().forEach(subscription::forget);
  }

  // Envoy's types that are asked for by name alone are never wildcards; MCP's types always are.
  private static boolean isWildcardByDefault(String type) {
    return !type.equals(TypeUrl.ENDPOINTS)
        && !type.equals(TypeUrl.ROUTES)
        && !type.equals(TypeUrl.SECRET);
  }

  @Override
  boolean push(Subscription subscription, Map<String, VersionedResource> now, long revision) {
    Subscription.Change change = subscription.changes(now);
    // A wildcard's first answer is sent even if empty: the client waits for it.
    if (change.isEmpty() && !(change.first() && subscription.isWildcard())) {
      return false;
    }
    DeltaDiscoveryResponse.Builder response =
        DeltaDiscoveryResponse.newBuilder()
            .setTypeUrl(subscription.typeUrl())
            .setSystemVersionInfo(REVISION_PREFIX + revision)
            .addAllRemovedResources(change.removed())
            .setNonce(subscription.send(revision));
    for (VersionedResource resource : change.changed()) {
      response.addResources(
          Resource.newBuilder()
              .setName(resource.name())
              .setVersion(resource.version())
              .setResource(resource.body()));
    }
    subscription.delivered(change.changed(), change.removed());
    send(response.build(), subscription.typeUrl(), revision, change.changed().size());
    return true;
  }
}
