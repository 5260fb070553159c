// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.client;

import com.google.protobuf.Any;
import com.google.rpc.Status;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.Resource;
import io.flotilla.model.node.ProxyNode;
import io.flotilla.xds.codec.Nodes;
import io.flotilla.xds.codec.Structs;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One incremental ADS stream, reconnected with a jittered pause that grows from 0.1 to 10 seconds.
 * After a reconnect the server is told what is known already. All callbacks come on one thread.
 */
public final class RawAdsClient implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(RawAdsClient.class.getName());
  private static final long FIRST_PAUSE_MILLIS = 100;
  private static final long LONGEST_PAUSE_MILLIS = 10_000;
  private static final int NACK_CODE = 3;

  private final Supplier<ManagedChannel> channels;
  private final Node node;
  private final Handler handler;
  private final ScheduledExecutorService thread;
  private final Map<String, TypeState> types = new LinkedHashMap<>();
  private @Nullable ManagedChannel channel;
  private @Nullable StreamObserver<DeltaDiscoveryRequest> requests;
  private long generation;
  private long pauseMillis = FIRST_PAUSE_MILLIS;
  private boolean closed;

  /** What comes. */
  public interface Handler {
    /**
     * A response of one type.
     *
     * @param revision of the server, 0 when it tells none
     * @return why it is refused, resource by resource; empty: acknowledged
     */
    List<String> received(
        String typeUrl, Map<String, Received> changed, List<String> removed, long revision);

    /** The stream is up. */
    default void connected() {}

    /** The stream is down; it is tried again. */
    default void disconnected(String reason) {}
  }

  /** One resource of a response. */
  public record Received(String name, String version, Any body) {}

  private static final class TypeState {
    final Set<String> names = new HashSet<>();
    final Map<String, String> versions = new HashMap<>();
    boolean wildcard;
  }

  /**
   * @param channels makes a channel for each connection, so that new credentials are taken up
   */
  public RawAdsClient(Supplier<ManagedChannel> channels, ProxyNode node, Handler handler) {
    this(channels, Nodes.encode(node), handler);
  }

  /** With a node that is not a proxy's: any id, any metadata. */
  public RawAdsClient(
      Supplier<ManagedChannel> channels,
      String nodeId,
      Map<String, Object> metadata,
      Handler handler) {
    this(
        channels,
        Node.newBuilder().setId(nodeId).setMetadata(Structs.toStruct(metadata)).build(),
        handler);
  }

  private RawAdsClient(Supplier<ManagedChannel> channels, Node node, Handler handler) {
    this.channels = channels;
    this.node = node;
    this.handler = handler;
    this.thread =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("ads-" + node.getId()).factory());
  }

  /** Connects and stays connected until closed. */
  public void start() {
    thread.execute(this::connect);
  }

  /** Subscribes to every resource of these types. */
  public void subscribeAll(Collection<String> typeUrls) {
    run(
        () -> {
          for (String type : typeUrls) {
            TypeState state = types.computeIfAbsent(type, t -> new TypeState());
            if (!state.wildcard) {
              state.wildcard = true;
              send(request(type).addResourceNamesSubscribe("*"));
            }
          }
        });
  }

  /** Subscribes to exactly these names of a type from now on. */
  public void subscribe(String typeUrl, Set<String> names) {
    Set<String> wanted = Set.copyOf(names);
    run(
        () -> {
          TypeState state = types.computeIfAbsent(typeUrl, t -> new TypeState());
          Set<String> added = new HashSet<>(wanted);
          added.removeAll(state.names);
          Set<String> gone = new HashSet<>(state.names);
          gone.removeAll(wanted);
          if (added.isEmpty() && gone.isEmpty()) {
            return;
          }
          state.names.removeAll(gone);
          state.versions.keySet().removeAll(gone);
          state.names.addAll(added);
          send(
              request(typeUrl)
                  .addAllResourceNamesSubscribe(added)
                  .addAllResourceNamesUnsubscribe(gone));
        });
  }

  private void run(Runnable task) {
    if (!thread.isShutdown()) {
      thread.execute(task);
    }
  }

  private static DeltaDiscoveryRequest.Builder request(String type) {
    return DeltaDiscoveryRequest.newBuilder().setTypeUrl(type);
  }

  private void send(DeltaDiscoveryRequest.Builder request) {
    StreamObserver<DeltaDiscoveryRequest> to = requests;
    if (to != null) {
      to.onNext(request.build());
    }
  }

  private void connect() {
    if (closed) {
      return;
    }
    long mine = ++generation;
    try {
      ManagedChannel fresh = channels.get();
      channel = fresh;
      requests =
          AggregatedDiscoveryServiceGrpc.newStub(fresh)
              .withWaitForReady()
              .deltaAggregatedResources(new Responses(mine));
      boolean first = true;
      for (Map.Entry<String, TypeState> each : types.entrySet()) {
        TypeState state = each.getValue();
        DeltaDiscoveryRequest.Builder request =
            request(each.getKey())
                .putAllInitialResourceVersions(state.versions)
                .addAllResourceNamesSubscribe(state.names);
        if (state.wildcard) {
          request.addResourceNamesSubscribe("*");
        }
        if (first) {
          request.setNode(node);
          first = false;
        }
        send(request);
      }
    } catch (RuntimeException e) {
      lost(mine, String.valueOf(e.getMessage()));
    }
  }

  private void lost(long which, String reason) {
    if (closed || which != generation) {
      return;
    }
    requests = null;
    generation++;
    ManagedChannel old = channel;
    if (old != null) {
      old.shutdownNow();
      channel = null;
    }
    handler.disconnected(reason);
    long jittered = ThreadLocalRandom.current().nextLong(pauseMillis / 2, pauseMillis + 1);
    pauseMillis = Math.min(LONGEST_PAUSE_MILLIS, 2 * pauseMillis);
    thread.schedule(this::connect, jittered, TimeUnit.MILLISECONDS);
  }

  private void take(long which, DeltaDiscoveryResponse response) {
    if (closed || which != generation) {
      return;
    }
    pauseMillis = FIRST_PAUSE_MILLIS;
    String type = response.getTypeUrl();
    TypeState state = types.get(type);
    if (state == null) {
      return;
    }
    Map<String, Received> changed = new LinkedHashMap<>();
    for (Resource resource : response.getResourcesList()) {
      changed.put(
          resource.getName(),
          new Received(resource.getName(), resource.getVersion(), resource.getResource()));
    }
    List<String> refusals;
    try {
      refusals =
          handler.received(
              type,
              changed,
              response.getRemovedResourcesList(),
              revision(response.getSystemVersionInfo()));
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.ERROR, "taking " + type + " failed", e);
      refusals = new ArrayList<>(List.of("internal error: " + e));
    }
    changed.values().forEach(r -> state.versions.put(r.name(), r.version()));
    response.getRemovedResourcesList().forEach(state.versions::remove);
    DeltaDiscoveryRequest.Builder answer = request(type).setResponseNonce(response.getNonce());
    if (!refusals.isEmpty()) {
      answer.setErrorDetail(
          Status.newBuilder().setCode(NACK_CODE).setMessage(String.join("; ", refusals)));
    }
    send(answer);
  }

  private static long revision(String systemVersion) {
    if (systemVersion.startsWith("flotilla/")) {
      try {
        return Long.parseLong(systemVersion.substring("flotilla/".length()));
      } catch (NumberFormatException e) {
        return 0;
      }
    }
    return 0;
  }

  @Override
  public void close() {
    if (thread.isShutdown()) {
      return;
    }
    thread.execute(
        () -> {
          closed = true;
          StreamObserver<DeltaDiscoveryRequest> to = requests;
          if (to != null) {
            to.onCompleted();
          }
          ManagedChannel old = channel;
          if (old != null) {
            old.shutdownNow();
          }
        });
    thread.shutdown();
  }

  private final class Responses implements StreamObserver<DeltaDiscoveryResponse> {
    private final long mine;
    private boolean up;

    Responses(long mine) {
      this.mine = mine;
    }

    @Override
    public void onNext(DeltaDiscoveryResponse response) {
      run(
          () -> {
            if (!up) {
              up = true;
              handler.connected();
            }
            take(mine, response);
          });
    }

    @Override
    public void onError(Throwable cause) {
      run(() -> lost(mine, String.valueOf(cause.getMessage())));
    }

    @Override
    public void onCompleted() {
      run(() -> lost(mine, "the server ended the stream"));
    }
  }
}
