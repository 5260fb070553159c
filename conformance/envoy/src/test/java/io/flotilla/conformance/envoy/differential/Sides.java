// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.differential;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import io.flotilla.conformance.envoy.Ours;
import io.flotilla.model.snapshot.ProxySnapshot;
import io.flotilla.proxy.ProxyEngine;
import io.flotilla.testkit.envoy.EnvoyProcess;
import io.flotilla.xds.TypeUrl;
import io.flotilla.xds.codec.Capabilities;
import io.flotilla.xds.codec.EnvoyDecoder;
import io.flotilla.xds.codec.EnvoyEncoder;
import io.flotilla.xds.codec.ResourceError;
import io.flotilla.xds.server.ConnectedProxy;
import io.flotilla.xds.server.ResourceSet;
import io.flotilla.xds.server.SnapshotSource;
import io.flotilla.xds.server.VersionedResource;
import io.flotilla.xds.server.XdsObserver;
import io.flotilla.xds.server.XdsServer;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One Envoy and one engine of ours, which are given the same resources. */
final class Sides implements AutoCloseable, SnapshotSource, XdsObserver {
  /** The listener that both serve. */
  static final String LISTENER = "main";

  private final Server ads;
  private final EnvoyProcess envoy;
  private final ProxyEngine engine;
  private final List<Consumer<ProxySnapshot>> sinks = new CopyOnWriteArrayList<>();
  private final Queue<String> refusals = new ConcurrentLinkedQueue<>();
  private final Semaphore acknowledged = new Semaphore(0);
  private volatile long awaited = -1;
  private @Nullable ProxySnapshot current;

  Sides(String binary, Path folder) throws IOException, InterruptedException {
    ads =
        NettyServerBuilder.forAddress(
                new InetSocketAddress("127.0.0.1", 0), InsecureServerCredentials.create())
            .addService(new XdsServer(this, this))
            .build()
            .start();
    envoy = new EnvoyProcess(binary, folder, "GRPC", ads.getPort(), ads.getPort());
    engine = Ours.engine();
  }

  /**
   * Gives both sides the snapshot and waits until both run it.
   *
   * @param ours what our side gets, otherwise than Envoy, in tests of the suite itself
   */
  void apply(ProxySnapshot theirs, ProxySnapshot ours) throws InterruptedException {
    acknowledged.drainPermits();
    awaited = theirs.revision();
    synchronized (this) {
      current = theirs;
      sinks.forEach(s -> s.accept(theirs));
    }
    assertThat(engine.apply(overTheWire(ours)).join().problems()).isEmpty();
    assertThat(acknowledged.tryAcquire(20, TimeUnit.SECONDS))
        .as(() -> "Envoy took revision " + theirs.revision() + "; refused: " + refusals)
        .isTrue();
    assertThat(refusals).isEmpty();
  }

  /** As the wire carries it, so that both sides are told the same. */
  static ProxySnapshot overTheWire(ProxySnapshot snapshot) {
    ResourceSet set = new EnvoyEncoder(Capabilities.ALL).encode(snapshot);
    return new ProxySnapshot(
        snapshot.revision(),
        decoded(set, TypeUrl.LISTENER, EnvoyDecoder::listener, snapshot.listeners()),
        decoded(set, TypeUrl.ROUTES, EnvoyDecoder::routes, snapshot.routes()),
        decoded(set, TypeUrl.CLUSTER, EnvoyDecoder::cluster, snapshot.clusters()),
        decoded(set, TypeUrl.ENDPOINTS, EnvoyDecoder::endpoints, snapshot.endpoints()),
        Map.of());
  }

  private interface Decoder<T> {
    T decode(String name, Any body) throws ResourceError;
  }

  private static <T> Map<String, T> decoded(
      ResourceSet set, String type, Decoder<T> decoder, Map<String, T> given) {
    Map<String, T> out = new LinkedHashMap<>();
    for (VersionedResource resource : set.types().getOrDefault(type, Map.of()).values()) {
      try {
        out.put(resource.name(), decoder.decode(resource.name(), resource.body()));
      } catch (ResourceError e) {
        throw new AssertionError(resource.name(), e);
      }
    }
    assertThat(out.keySet()).isEqualTo(given.keySet());
    return out;
  }

  InetSocketAddress envoyAddress() throws InterruptedException {
    Pattern address = Pattern.compile(LISTENER + "::127\\.0\\.0\\.1:(\\d+)");
    Matcher found = address.matcher(envoy.admin("/listeners", s -> address.matcher(s).find()));
    assertThat(found.find()).isTrue();
    return new InetSocketAddress("127.0.0.1", Integer.parseInt(found.group(1)));
  }

  InetSocketAddress ourAddress() {
    return engine.addresses(LISTENER).getFirst();
  }

  EnvoyProcess envoy() {
    return envoy;
  }

  ProxyEngine engine() {
    return engine;
  }

  @Override
  public synchronized AutoCloseable open(ConnectedProxy proxy, Consumer<ProxySnapshot> sink) {
    sinks.add(sink);
    if (current != null) {
      sink.accept(current);
    }
    return () -> sinks.remove(sink);
  }

  @Override
  public void acknowledged(ConnectedProxy proxy, long revision) {
    if (revision == awaited) {
      acknowledged.release();
    }
  }

  @Override
  public void refused(ConnectedProxy proxy, String typeUrl, String name, String reason) {
    refusals.add(name + ": " + reason);
  }

  @Override
  public void close() {
    engine.close();
    envoy.close();
    ads.shutdownNow();
  }
}
