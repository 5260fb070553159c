// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.server;

import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.flotilla.xds.server.internal.DeltaSession;
import io.flotilla.xds.server.internal.SotwSession;
import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.StreamObserver;
import java.security.cert.Certificate;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * The aggregated discovery service over any resources: state of the world and incremental, with
 * subscriptions, acknowledgements and push order as the xDS protocol says.
 */
public final class RawAdsServer implements BindableService {
  private static final Context.Key<String> REMOTE = Context.key("flotilla-remote-address");
  private static final Context.Key<Optional<String>> SPIFFE = Context.key("flotilla-spiffe-id");
  private static final int SAN_TYPE_URI = 6;

  private final ResourceSource source;
  private final StreamListener listener;

  public RawAdsServer(ResourceSource source, StreamListener listener) {
    this.source = source;
    this.listener = listener;
  }

  @Override
  public ServerServiceDefinition bindService() {
    return ServerInterceptors.intercept(new Service(), new PeerInterceptor());
  }

  private final class Service
      extends AggregatedDiscoveryServiceGrpc.AggregatedDiscoveryServiceImplBase {
    @Override
    public StreamObserver<DeltaDiscoveryRequest> deltaAggregatedResources(
        StreamObserver<DeltaDiscoveryResponse> responses) {
      return new DeltaSession(responses, source, listener, SPIFFE.get(), REMOTE.get(), "");
    }

    @Override
    public StreamObserver<DiscoveryRequest> streamAggregatedResources(
        StreamObserver<DiscoveryResponse> responses) {
      return new SotwSession(responses, source, listener, SPIFFE.get(), REMOTE.get(), "");
    }
  }

  private static final class PeerInterceptor implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      Object remote = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
      Context context =
          Context.current()
              .withValue(REMOTE, String.valueOf(remote))
              .withValue(
                  SPIFFE, spiffeId(call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION)));
      return Contexts.interceptCall(context, call, headers, next);
    }
  }

  private static Optional<String> spiffeId(@org.jspecify.annotations.Nullable SSLSession session) {
    if (session == null) {
      return Optional.empty();
    }
    try {
      Certificate[] chain = session.getPeerCertificates();
      if (chain.length == 0 || !(chain[0] instanceof X509Certificate leaf)) {
        return Optional.empty();
      }
      Collection<List<?>> names = leaf.getSubjectAlternativeNames();
      if (names == null) {
        return Optional.empty();
      }
      for (List<?> name : names) {
        if (Integer.valueOf(SAN_TYPE_URI).equals(name.get(0))
            && String.valueOf(name.get(1)).startsWith("spiffe://")) {
          return Optional.of(String.valueOf(name.get(1)));
        }
      }
      return Optional.empty();
    } catch (SSLPeerUnverifiedException | CertificateParsingException e) {
      return Optional.empty();
    }
  }
}
