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
import io.flotilla.xds.SystemVersion;
import io.flotilla.xds.codec.Nodes;
import io.flotilla.xds.codec.Structs;
import io.grpc.ManagedChannel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
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
  private static final int MAX_NACK_CHARS = 16_384;

  private final Supplier<ManagedChannel> channels;
  private final Node node;
  private final Handler handler;
  private final ScheduledThreadPoolExecutor thread;
  private final Map<String, TypeState> types = new LinkedHashMap<>();
  private @Nullable ManagedChannel channel;
  private @Nullable StreamObserver<DeltaDiscoveryRequest> requests;
  private @Nullable Responses responses;
  private long generation;
  private long pauseMillis = FIRST_PAUSE_MILLIS;
  private boolean introduced;
  private boolean closed;

  /** What comes. */
  public interface Handler {
    /**
     * A response of one type.
     *
     * @param revision of the server, 0 when it tells none
     * @return by name, why a resource is refused; empty: all is acknowledged
     */
    Map<String, String> received(
        String typeUrl, Map<String, Received> changed, List<String> removed, long revision);

    /**
     * With the response received last, all types of a revision were. A server that tells no
     * revisions never says so.
     */
    default void whole() {}

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

    boolean wants(String name) {
      return wildcard || names.contains(name);
    }
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
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("ads-" + node.getId()).factory());
    this.thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
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

  /**
   * What is held of a type from before the start: the server sends what changed since, and says
   * what is gone.
   *
   * @param versions by name
   */
  void resume(String typeUrl, Map<String, String> versions) {
    Map<String, String> held = Map.copyOf(versions);
    run(() -> types.computeIfAbsent(typeUrl, t -> new TypeState()).versions.putAll(held));
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
    try {
      thread.execute(task);
    } catch (RejectedExecutionException e) {
      LOG.log(System.Logger.Level.DEBUG, "the client is closed already");
    }
  }

  /** Runs something on the client's thread later, unless it is closed by then. */
  void later(Runnable task, Duration delay) {
    try {
      thread.schedule(() -> guarded(task), delay.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      LOG.log(System.Logger.Level.DEBUG, "the client is closed already");
    }
  }

  private void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.ERROR, "a task of client " + node.getId() + " failed", e);
    }
  }

  private static DeltaDiscoveryRequest.Builder request(String type) {
    return DeltaDiscoveryRequest.newBuilder().setTypeUrl(type);
  }

  private void send(DeltaDiscoveryRequest.Builder request) {
    StreamObserver<DeltaDiscoveryRequest> to = requests;
    if (to != null) {
      if (!introduced) {
        request.setNode(node);
        introduced = true;
      }
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
      Responses incoming = new Responses(mine);
      responses = incoming;
      requests =
          AggregatedDiscoveryServiceGrpc.newStub(fresh)
              .withWaitForReady()
              .deltaAggregatedResources(incoming);
      introduced = false;
      for (Map.Entry<String, TypeState> each : types.entrySet()) {
        TypeState state = each.getValue();
        DeltaDiscoveryRequest.Builder request =
            request(each.getKey())
                .putAllInitialResourceVersions(state.versions)
                .addAllResourceNamesSubscribe(state.names);
        if (state.wildcard) {
          request.addResourceNamesSubscribe("*");
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
    responses = null;
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
      if (responses != null) {
        responses.more();
      }
      return;
    }
    Map<String, Received> changed = new LinkedHashMap<>();
    for (Resource resource : response.getResourcesList()) {
      changed.put(
          resource.getName(),
          new Received(resource.getName(), resource.getVersion(), resource.getResource()));
    }
    Optional<SystemVersion> version = SystemVersion.parse(response.getSystemVersionInfo());
    Map<String, String> refusals;
    try {
      refusals =
          handler.received(
              type,
              changed,
              response.getRemovedResourcesList(),
              version.map(SystemVersion::revision).orElse(0L));
      if (version.isPresent() && !version.get().partial()) {
        handler.whole();
      }
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.ERROR, "taking " + type + " failed", e);
      Map<String, String> all = new LinkedHashMap<>();
      changed.keySet().forEach(name -> all.put(name, "the client failed: " + e));
      refusals = all;
    }
    for (Received each : changed.values()) {
      // What was refused is not had: after a reconnect the server shall send it again.
      if (!refusals.containsKey(each.name()) && state.wants(each.name())) {
        state.versions.put(each.name(), each.version());
      }
    }
    response.getRemovedResourcesList().forEach(state.versions::remove);
    DeltaDiscoveryRequest.Builder answer = request(type).setResponseNonce(response.getNonce());
    if (!refusals.isEmpty()) {
      answer.setErrorDetail(Status.newBuilder().setCode(NACK_CODE).setMessage(message(refusals)));
    }
    send(answer);
    Responses from = responses;
    if (from != null) {
      from.more();
    }
  }

  // Each reason begins with its resource's name, by which the server tells them apart.
  private static String message(Map<String, String> refusals) {
    StringBuilder all = new StringBuilder();
    refusals.forEach(
        (name, reason) -> {
          if (all.length() > MAX_NACK_CHARS) {
            return;
          }
          all.append(all.isEmpty() ? "" : "; ").append(reason.startsWith(name) ? "" : name + ": ");
          all.append(reason);
        });
    return all.toString();
  }

  @Override
  public void close() {
    run(
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
          thread.shutdown();
        });
  }

  private final class Responses
      implements ClientResponseObserver<DeltaDiscoveryRequest, DeltaDiscoveryResponse> {
    private final long mine;
    private @Nullable ClientCallStreamObserver<DeltaDiscoveryRequest> call;
    private boolean up;

    Responses(long mine) {
      this.mine = mine;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<DeltaDiscoveryRequest> stream) {
      call = stream;
      // One response at a time: a slow consumer slows the server, and nothing piles up here.
      stream.disableAutoRequestWithInitial(1);
    }

    void more() {
      ClientCallStreamObserver<DeltaDiscoveryRequest> stream = call;
      if (stream != null) {
        stream.request(1);
      }
    }

    @Override
    public void onNext(DeltaDiscoveryResponse response) {
      run(
          () -> {
            if (!up && mine == generation) {
              up = true;
              handler.connected();
            }
            take(mine, response);
          });
    }

    @Override
    public void onError(Throwable cause) {
      run(() -> lost(mine, reason(cause)));
    }

    @Override
    public void onCompleted() {
      run(() -> lost(mine, "the server ended the stream"));
    }
  }

  private static String reason(Throwable error) {
    StringBuilder all = new StringBuilder(String.valueOf(error.getMessage()));
    for (Throwable cause = error.getCause(); cause != null; cause = cause.getCause()) {
      all.append(": ").append(cause.getMessage());
    }
    return all.toString();
  }
}
