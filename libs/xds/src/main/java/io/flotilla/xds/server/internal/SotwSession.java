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
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** State-of-the-world xDS: a response holds all that the client subscribed to. */
public final class SotwSession extends AdsSession<DiscoveryRequest, DiscoveryResponse> {

  public SotwSession(
      StreamObserver<DiscoveryResponse> responses,
      ResourceSource source,
      StreamListener listener,
      Optional<String> spiffeId,
      String remoteAddress) {
    super(responses, source, listener, spiffeId, remoteAddress, false);
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
    if (!request.getResponseNonce().isEmpty()) {
      if (subscription.answer(request.getResponseNonce()) < 0) {
        return;
      }
      if (request.hasErrorDetail()) {
        refused(subscription.typeUrl(), request.getErrorDetail().getMessage());
      }
    }
    Set<String> names = new HashSet<>(request.getResourceNamesList());
    boolean named =
        subscription.typeUrl().equals(TypeUrl.ENDPOINTS)
            || subscription.typeUrl().equals(TypeUrl.ROUTES)
            || subscription.typeUrl().equals(TypeUrl.SECRET);
    if (names.remove("*") || (names.isEmpty() && !named)) {
      subscription.wantAll();
    }
    if (subscription.replace(names)) {
      // New names want an answer even if the set as a whole is as it was.
      subscription.version("");
    }
  }

  @Override
  boolean push(Subscription subscription, Map<String, VersionedResource> now, long revision) {
    Map<String, VersionedResource> wanted = subscription.wanted(now);
    int hash = 17;
    for (VersionedResource resource : wanted.values()) {
      hash = 31 * (31 * hash + resource.name().hashCode()) + resource.version().hashCode();
    }
    String version = wanted.size() + "-" + Integer.toHexString(hash);
    if (version.equals(subscription.version())
        || (wanted.isEmpty() && !subscription.isWildcard())) {
      return false;
    }
    DiscoveryResponse.Builder response =
        DiscoveryResponse.newBuilder()
            .setTypeUrl(subscription.typeUrl())
            .setVersionInfo(version)
            .setNonce(subscription.send(revision));
    wanted.values().forEach(resource -> response.addResources(resource.body()));
    subscription.version(version);
    send(response.build(), subscription.typeUrl(), revision, wanted.size());
    return true;
  }
}
