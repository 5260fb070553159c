// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.server.internal;

import io.envoyproxy.envoy.config.core.v3.Node;
import io.flotilla.xds.TypeUrl;
import io.flotilla.xds.codec.Nodes;
import io.flotilla.xds.codec.Structs;
import io.flotilla.xds.server.Peer;
import io.flotilla.xds.server.ResourceSet;
import io.flotilla.xds.server.ResourceSource;
import io.flotilla.xds.server.StreamListener;
import io.flotilla.xds.server.VersionedResource;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.SynchronizationContext;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One ADS stream. At most one response of a type is unanswered at a time; what changes meanwhile is
 * sent, merged, once it is.
 *
 * <p>Make before break: clusters and endpoints come first; listeners and routes wait until the
 * client took them (or two seconds); what is gone of clusters and endpoints is said last, once the
 * client took the listeners and routes that no longer refer to it. While the client refuses those,
 * it keeps what it has, and so it keeps the clusters.
 *
 * <p>Everything runs in a {@link SynchronizationContext}: requests and new sets interleave in one
 * order, and no thread that brings one ever waits for another.
 *
 * @param <Q> the request's type
 * @param <R> the response's type
 */
public abstract class AdsSession<Q, R> implements StreamObserver<Q> {
  private static final System.Logger LOG = System.getLogger(AdsSession.class.getName());
  private static final int MAX_TYPES = 256;
  private static final long LONGEST_HOLD_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final List<String> NEEDED_BY_PROXIES =
      List.of(TypeUrl.CLUSTER, TypeUrl.ENDPOINTS, TypeUrl.LISTENER, TypeUrl.ROUTES);

  private final ServerCallStreamObserver<R> responses;
  private final ResourceSource source;
  private final StreamListener listener;
  private final Optional<String> spiffeId;
  private final String remoteAddress;
  private final boolean delta;
  private final String onlyType;
  private final SynchronizationContext context =
      new SynchronizationContext((thread, cause) -> failed(cause));
  private final AtomicReference<@Nullable ResourceSet> latest = new AtomicReference<>();

  // What follows is touched in the context only.
  private final Map<String, Subscription> subscriptions = new LinkedHashMap<>();
  private final Set<String> warming = new HashSet<>();
  private @Nullable Peer peer;
  private @Nullable AutoCloseable feed;
  private long acknowledged = Long.MIN_VALUE;
  private boolean holding;
  private long heldSince;
  private boolean closed;
  private int parts;

  /**
   * @param onlyType the type of a service that has one; empty: ADS
   */
  AdsSession(
      StreamObserver<R> responses,
      ResourceSource source,
      StreamListener listener,
      Optional<String> spiffeId,
      String remoteAddress,
      boolean delta,
      String onlyType) {
    this.responses = (ServerCallStreamObserver<R>) responses;
    this.source = source;
    this.listener = listener;
    this.spiffeId = spiffeId;
    this.remoteAddress = remoteAddress;
    this.delta = delta;
    this.onlyType = onlyType;
    this.responses.disableAutoRequest();
    this.responses.setOnCancelHandler(() -> context.execute(() -> end(null)));
    this.responses.setOnReadyHandler(() -> context.execute(this::pushAll));
    this.responses.request(1);
  }

  /** The request's node, if it has one. */
  abstract @Nullable Node nodeOf(Q request);

  abstract String typeOf(Q request);

  /** Takes the request's subscriptions and its answer to an earlier response. */
  abstract void take(Q request, Subscription subscription);

  /**
   * Sends what the subscription lacks of {@code now}.
   *
   * @param keepRemoved what is gone is not said yet
   * @return what was sent
   */
  abstract List<VersionedResource> push(
      Subscription subscription,
      Map<String, VersionedResource> now,
      long revision,
      boolean keepRemoved);

  @Override
  public final void onNext(Q request) {
    context.execute(
        () -> {
          if (closed) {
            return;
          }
          try {
            handle(request);
            responses.request(1);
          } catch (StatusRuntimeException e) {
            end(e);
          } catch (IllegalArgumentException | IllegalStateException e) {
            end(Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asRuntimeException());
          }
        });
  }

  private void handle(Q request) {
    admit(request);
    String type = typeOf(request).isEmpty() ? onlyType : typeOf(request);
    if (type.isEmpty() || !(onlyType.isEmpty() || onlyType.equals(type))) {
      throw Status.INVALID_ARGUMENT
          .withDescription(
              onlyType.isEmpty()
                  ? "an ADS request needs its type_url"
                  : "type_url must be " + onlyType + ", but is " + type)
          .asRuntimeException();
    }
    if (!subscriptions.containsKey(type) && subscriptions.size() >= MAX_TYPES) {
      throw Status.RESOURCE_EXHAUSTED
          .withDescription("a stream may subscribe to at most " + MAX_TYPES + " types")
          .asRuntimeException();
    }
    take(request, subscriptions.computeIfAbsent(type, Subscription::new));
    pushAll();
  }

  private void admit(Q request) {
    if (peer != null) {
      return;
    }
    Node node = nodeOf(request);
    if (node == null || node.getId().isEmpty()) {
      throw Status.INVALID_ARGUMENT
          .withDescription("the first request of an xDS stream needs a node with an id")
          .asRuntimeException();
    }
    Peer admitted =
        new Peer(
            node.getId(),
            node.getCluster(),
            Nodes.locality(node),
            Nodes.userAgent(node),
            Structs.toMap(node.getMetadata()),
            Nodes.extensions(node),
            spiffeId,
            remoteAddress,
            delta);
    feed = source.open(admitted, this::update);
    peer = admitted;
    listener.opened(admitted);
  }

  private void update(ResourceSet next) {
    latest.set(next);
    context.execute(this::pushAll);
  }

  private void pushAll() {
    ResourceSet set = latest.get();
    if (closed || set == null || peer == null) {
      return;
    }
    warm(pushType(TypeUrl.CLUSTER, set, true), set);
    pushType(TypeUrl.ENDPOINTS, set, true);
    if (!isHeld(set)) {
      pushType(TypeUrl.LISTENER, set, false);
      pushType(TypeUrl.ROUTES, set, false);
    }
    pushType(TypeUrl.SECRET, set, false);
    pushParts(set);
    if (isSettled(TypeUrl.LISTENER, set) && isSettled(TypeUrl.ROUTES, set)) {
      pushType(TypeUrl.CLUSTER, set, false);
      pushType(TypeUrl.ENDPOINTS, set, false);
    }
    acknowledge(set);
  }

  /**
   * Types in no order: they make a revision only together, so that the client is told with each
   * whether others are to come.
   */
  private void pushParts(ResourceSet set) {
    List<Subscription> due = new ArrayList<>();
    for (Subscription subscription : subscriptions.values()) {
      Map<String, VersionedResource> now = set.types().get(subscription.typeUrl());
      if (!TypeUrl.PUSH_ORDER.contains(subscription.typeUrl())
          && now != null
          && ((subscription.isUnanswered() && subscription.isWildcard())
              || !subscription.changes(now, false).isEmpty())) {
        due.add(subscription);
      }
    }
    parts = due.size();
    for (Subscription subscription : due) {
      // What cannot be sent yet stays counted: it is still to come.
      if (isWritable(subscription)) {
        parts--;
        pushType(subscription.typeUrl(), set, false);
      }
    }
    parts = 0;
  }

  /** Whether other types of the same revision follow the response that is being sent. */
  final boolean isPartial() {
    return parts > 0;
  }

  private List<VersionedResource> pushType(String type, ResourceSet set, boolean keepRemoved) {
    Subscription subscription = subscriptions.get(type);
    Map<String, VersionedResource> now = set.types().get(type);
    return subscription == null || now == null || !isWritable(subscription)
        ? List.of()
        : push(subscription, now, set.revision(), keepRemoved);
  }

  /** A client that does not read is not written to: its next set is merged with this one. */
  private boolean isWritable(Subscription subscription) {
    return !subscription.isWaiting() && responses.isReady();
  }

  /** Clusters that are new to the client must have their endpoints before routes may use them. */
  private void warm(List<VersionedResource> clusters, ResourceSet set) {
    Map<String, VersionedResource> assignments =
        set.types().getOrDefault(TypeUrl.ENDPOINTS, Map.of());
    Subscription endpoints = subscriptions.get(TypeUrl.ENDPOINTS);
    for (VersionedResource cluster : clusters) {
      if (assignments.containsKey(cluster.name())) {
        warming.add(cluster.name());
        if (endpoints != null && endpoints.wants(cluster.name())) {
          // Envoy warms a changed cluster anew, and waits for its endpoints though they are as
          // they were.
          endpoints.answerAgain(cluster.name());
        }
      }
    }
  }

  private boolean isHeld(ResourceSet set) {
    Subscription clusters = subscriptions.get(TypeUrl.CLUSTER);
    Subscription endpoints = subscriptions.get(TypeUrl.ENDPOINTS);
    Map<String, VersionedResource> assignments =
        set.types().getOrDefault(TypeUrl.ENDPOINTS, Map.of());
    warming.removeIf(
        n -> !assignments.containsKey(n) || (endpoints != null && endpoints.isTaken(n)));
    boolean unready = clusters != null && (clusters.isWaiting() || !warming.isEmpty());
    if (!unready || !(has(TypeUrl.LISTENER) || has(TypeUrl.ROUTES))) {
      holding = false;
      return false;
    }
    long now = System.nanoTime();
    if (!holding) {
      holding = true;
      heldSince = now;
      CompletableFuture.delayedExecutor(
              LONGEST_HOLD_NANOS, TimeUnit.NANOSECONDS, task -> context.execute(task))
          .execute(this::pushAll);
      return true;
    }
    return now - heldSince < LONGEST_HOLD_NANOS;
  }

  private boolean has(String type) {
    Subscription subscription = subscriptions.get(type);
    return subscription != null && subscription.hasAny();
  }

  private boolean isSettled(String type, ResourceSet set) {
    Subscription subscription = subscriptions.get(type);
    Map<String, VersionedResource> now = set.types().get(type);
    return subscription == null || now == null || subscription.isSettled(now);
  }

  private void acknowledge(ResourceSet set) {
    Peer to = peer;
    if (to == null || set.revision() <= acknowledged || subscriptions.isEmpty()) {
      return;
    }
    for (String type : NEEDED_BY_PROXIES) {
      if (!subscriptions.containsKey(type) && !set.types().getOrDefault(type, Map.of()).isEmpty()) {
        return;
      }
    }
    for (String type : subscriptions.keySet()) {
      if (!isSettled(type, set)) {
        return;
      }
    }
    acknowledged = set.revision();
    listener.acknowledged(to, acknowledged);
  }

  final void send(R response, String type, long revision, int resources) {
    responses.onNext(response);
    Peer to = peer;
    if (to != null) {
      listener.sent(to, type, revision, resources);
    }
  }

  final void refused(Subscription subscription, String reason) {
    Peer by = peer;
    if (by == null) {
      return;
    }
    LOG.log(
        System.Logger.Level.WARNING,
        "{0} refused {1}: {2}",
        by.nodeId(),
        subscription.typeUrl(),
        reason);
    for (String name : subscription.namedIn(reason)) {
      listener.refused(by, subscription.typeUrl(), name, reason);
    }
  }

  @Override
  public final void onError(Throwable cause) {
    context.execute(() -> end(null));
  }

  @Override
  public final void onCompleted() {
    context.execute(
        () -> {
          if (!closed && !responses.isCancelled()) {
            responses.onCompleted();
          }
          end(null);
        });
  }

  private void failed(Throwable cause) {
    LOG.log(System.Logger.Level.ERROR, "an xDS stream of " + remoteAddress + " failed", cause);
    end(Status.INTERNAL.withDescription("the server failed on this stream").asRuntimeException());
  }

  private void end(@Nullable StatusRuntimeException because) {
    if (closed) {
      return;
    }
    closed = true;
    if (because != null && !responses.isCancelled()) {
      responses.onError(because);
    }
    AutoCloseable open = feed;
    if (open != null) {
      try {
        open.close();
      } catch (Exception e) {
        LOG.log(System.Logger.Level.WARNING, "closing a stream's feed failed", e);
      }
    }
    Peer gone = peer;
    if (gone != null) {
      listener.closed(gone);
    }
  }
}
