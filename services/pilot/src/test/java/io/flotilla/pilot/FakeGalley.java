// SPDX-License-Identifier: Apache-2.0
package io.flotilla.pilot;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import com.google.protobuf.util.JsonFormat;
import io.flotilla.api.Kind;
import io.flotilla.api.Kinds;
import io.flotilla.api.Resource;
import io.flotilla.api.yaml.ManifestReader;
import io.flotilla.contract.mcp.Metadata;
import io.flotilla.xds.server.Peer;
import io.flotilla.xds.server.RawAdsServer;
import io.flotilla.xds.server.ResourceSet;
import io.flotilla.xds.server.ResourceSource;
import io.flotilla.xds.server.StreamListener;
import io.flotilla.xds.server.VersionedResource;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** An MCP server that publishes what a test gives it. */
public final class FakeGalley implements QuarkusTestResourceLifecycleManager, ResourceSource {
  private static FakeGalley running;

  private final Set<Consumer<ResourceSet>> sinks = new LinkedHashSet<>();
  private final Map<String, Map<String, VersionedResource>> types = new LinkedHashMap<>();
  private long revision = 1;
  private Server server;

  static FakeGalley running() {
    return running;
  }

  @Override
  public Map<String, String> start() {
    for (Kind<?> kind : Kinds.all()) {
      types.put(kind.typeUrl(), Map.of());
    }
    try {
      server =
          NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
              .permitKeepAliveTime(1, TimeUnit.SECONDS)
              .permitKeepAliveWithoutCalls(true)
              .addService(new RawAdsServer(this, new StreamListener() {}))
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    running = this;
    return Map.of("flotilla.pilot.galley.target", "127.0.0.1:" + server.getPort());
  }

  @Override
  public void stop() {
    server.shutdownNow();
  }

  @Override
  public synchronized AutoCloseable open(Peer peer, Consumer<ResourceSet> sink) {
    sinks.add(sink);
    sink.accept(set());
    return () -> sinks.remove(sink);
  }

  private ResourceSet set() {
    return new ResourceSet(revision, types);
  }

  /** Adds or replaces the objects of {@code yaml}; returns the revision. */
  synchronized long publish(String yaml) {
    Map<String, Map<String, VersionedResource>> before = Map.copyOf(types);
    for (Resource<?> resource : new ManifestReader().read(yaml, "test.yaml").resources()) {
      Map<String, VersionedResource> of = new LinkedHashMap<>(types.get(resource.kind().typeUrl()));
      of.put(resource.metadata().fullName(), encode(resource));
      types.put(resource.kind().typeUrl(), of);
    }
    if (!before.equals(types)) {
      revision++;
      sinks.forEach(sink -> sink.accept(set()));
    }
    return revision;
  }

  private VersionedResource encode(Resource<?> resource) {
    try {
      JsonNode document = resource.document().deepCopy().without("metadata");
      Struct.Builder body = Struct.newBuilder();
      JsonFormat.parser().merge(document.toString(), body);
      return new VersionedResource(
          resource.metadata().fullName(),
          String.valueOf(document.hashCode()),
          Any.pack(
              io.flotilla.contract.mcp.Resource.newBuilder()
                  .setMetadata(
                      Metadata.newBuilder()
                          .setName(resource.metadata().fullName())
                          .putAllLabels(resource.metadata().labels()))
                  .setBody(Any.pack(body.build()))
                  .build()));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }
}
