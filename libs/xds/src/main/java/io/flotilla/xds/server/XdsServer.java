// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.server;

import io.flotilla.model.snapshot.ProxySnapshot;
import io.flotilla.xds.codec.Capabilities;
import io.flotilla.xds.codec.EnvoyEncoder;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** ADS for proxies: snapshots of the model in, Envoy's resources out. */
public final class XdsServer implements BindableService {
  private final RawAdsServer ads;
  private final Map<Capabilities, EnvoyEncoder> encoders = new ConcurrentHashMap<>();

  public XdsServer(SnapshotSource source, XdsObserver observer) {
    this.ads = new RawAdsServer((peer, sink) -> open(source, peer, sink), listener(observer));
  }

  @Override
  public ServerServiceDefinition bindService() {
    return ads.bindService();
  }

  private AutoCloseable open(SnapshotSource source, Peer peer, Consumer<ResourceSet> sink) {
    EnvoyEncoder encoder =
        encoders.computeIfAbsent(Capabilities.of(peer.extensions()), EnvoyEncoder::new);
    return source.open(proxy(peer), new Encoding(encoder, sink));
  }

  /** Encodes for one stream: what is the same object as before is not even looked at. */
  private static final class Encoding implements Consumer<ProxySnapshot> {
    private final EnvoyEncoder encoder;
    private final Consumer<ResourceSet> sink;
    private volatile EnvoyEncoder.Encoded last = EnvoyEncoder.Encoded.NOTHING;

    Encoding(EnvoyEncoder encoder, Consumer<ResourceSet> sink) {
      this.encoder = encoder;
      this.sink = sink;
    }

    @Override
    public void accept(ProxySnapshot snapshot) {
      EnvoyEncoder.Encoded next = encoder.encode(snapshot, last);
      last = next;
      sink.accept(next.resources());
    }
  }

  private static ConnectedProxy proxy(Peer peer) {
    return new ConnectedProxy(peer.proxy(), peer.spiffeId(), peer.remoteAddress(), peer.delta());
  }

  private static StreamListener listener(XdsObserver observer) {
    return new StreamListener() {
      @Override
      public void opened(Peer peer) {
        observer.connected(proxy(peer));
      }

      @Override
      public void sent(Peer peer, String typeUrl, long revision, int resources) {
        observer.sent(proxy(peer), typeUrl, revision, resources);
      }

      @Override
      public void acknowledged(Peer peer, long revision) {
        observer.acknowledged(proxy(peer), revision);
      }

      @Override
      public void refused(Peer peer, String typeUrl, String name, String reason) {
        observer.refused(proxy(peer), typeUrl, name, reason);
      }

      @Override
      public void closed(Peer peer) {
        observer.disconnected(proxy(peer));
      }
    };
  }
}
