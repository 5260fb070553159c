// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.server.internal;

import io.envoyproxy.envoy.config.core.v3.Node;
import io.flotilla.model.InvalidModelException;
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
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One ADS stream. At most one response of a type is unanswered at a time; what changes meanwhile is
 * sent, merged, once it is. All methods hold the session's lock, so that requests and new sets
 * interleave in one order.
 *
 * @param <Q> the request's type
 * @param <R> the response's type
 */
public abstract class AdsSession<Q, R> implements StreamObserver<Q> {
  private static final System.Logger LOG = System.getLogger(AdsSession.class.getName());
  private static final int MAX_TYPES = 256;

  private final ServerCallStreamObserver<R> responses;
  private final ResourceSource source;
  private final StreamListener listener;
  private final Optional<String> spiffeId;
  private final String remoteAddress;
  private final boolean delta;
  private final Map<String, Subscription> subscriptions = new LinkedHashMap<>();
  private @Nullable Peer peer;
  private @Nullable AutoCloseable feed;
  private @Nullable ResourceSet current;
  private long acknowledged = -1;
  private boolean closed;

  AdsSession(
      StreamObserver<R> responses,
      ResourceSource source,
      StreamListener listener,
      Optional<String> spiffeId,
      String remoteAddress,
      boolean delta) {
    this.responses = (ServerCallStreamObserver<R>) responses;
    this.source = source;
    this.listener = listener;
    this.spiffeId = spiffeId;
    this.remoteAddress = remoteAddress;
    this.delta = delta;
    this.responses.setOnCancelHandler(() -> end(null));
    this.responses.setOnReadyHandler(this::ready);
  }

  /** The request's node, if it has one. */
  abstract @Nullable Node nodeOf(Q request);

  abstract String typeOf(Q request);

  /** Takes the request's subscriptions and its answer to an earlier response. */
  abstract void take(Q request, Subscription subscription);

  /** Sends what the subscription lacks of {@code now}; false: nothing was to be said. */
  abstract boolean push(
      Subscription subscription, Map<String, VersionedResource> now, long revision);

  @Override
  public final void onNext(Q request) {
    synchronized (this) {
      if (closed) {
        return;
      }
      try {
        admit(request);
        String type = typeOf(request);
        if (type.isEmpty()) {
          throw Status.INVALID_ARGUMENT
              .withDescription("an ADS request needs its type_url")
              .asRuntimeException();
        }
        if (!subscriptions.containsKey(type) && subscriptions.size() >= MAX_TYPES) {
          throw Status.RESOURCE_EXHAUSTED
              .withDescription("a stream may subscribe to at most " + MAX_TYPES + " types")
              .asRuntimeException();
        }
        take(request, subscriptions.computeIfAbsent(type, Subscription::new));
        pushAll();
      } catch (StatusRuntimeException e) {
        end(e);
      } catch (InvalidModelException | IllegalStateException e) {
        end(Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asRuntimeException());
      }
    }
  }

  private void admit(Q request) {
    if (peer != null) {
      return;
    }
    Node node = nodeOf(request);
    if (node == null || node.getId().isEmpty()) {
      throw Status.INVALID_ARGUMENT
          .withDescription("the first request of an ADS stream needs a node with an id")
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
    peer = admitted;
    feed = source.open(admitted, this::update);
    listener.opened(admitted);
  }

  private synchronized void update(ResourceSet next) {
    if (!closed) {
      current = next;
      pushAll();
    }
  }

  private synchronized void ready() {
    if (!closed) {
      pushAll();
    }
  }

  private void pushAll() {
    ResourceSet set = current;
    if (set == null || peer == null) {
      return;
    }
    for (String type : TypeUrl.PUSH_ORDER) {
      pushType(type, set);
    }
    for (String type : subscriptions.keySet()) {
      if (!TypeUrl.PUSH_ORDER.contains(type)) {
        pushType(type, set);
      }
    }
    acknowledge(set.revision());
  }

  private void pushType(String type, ResourceSet set) {
    Subscription subscription = subscriptions.get(type);
    Map<String, VersionedResource> now = set.types().get(type);
    // A client that does not read is not written to: its next set is merged with this one.
    if (subscription == null || now == null || subscription.isWaiting() || !responses.isReady()) {
      return;
    }
    push(subscription, now, set.revision());
  }

  private void acknowledge(long revision) {
    Peer to = peer;
    if (to != null
        && revision > acknowledged
        && !subscriptions.isEmpty()
        && subscriptions.values().stream().noneMatch(Subscription::isWaiting)) {
      acknowledged = revision;
      listener.acknowledged(to, revision);
    }
  }

  final void send(R response, String type, long revision, int resources) {
    responses.onNext(response);
    Peer to = peer;
    if (to != null) {
      listener.sent(to, type, revision, resources);
    }
  }

  final void refused(String type, String reason) {
    Peer by = peer;
    if (by != null) {
      LOG.log(System.Logger.Level.WARNING, "{0} refused {1}: {2}", by.nodeId(), type, reason);
      listener.refused(by, type, reason);
    }
  }

  @Override
  public final void onError(Throwable cause) {
    end(null);
  }

  @Override
  public final void onCompleted() {
    synchronized (this) {
      if (!closed && !responses.isCancelled()) {
        responses.onCompleted();
      }
    }
    end(null);
  }

  private void end(@Nullable StatusRuntimeException because) {
    AutoCloseable open;
    Peer gone;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      open = feed;
      gone = peer;
      if (because != null && !responses.isCancelled()) {
        responses.onError(because);
      }
    }
    if (open != null) {
      try {
        open.close();
      } catch (Exception e) {
        LOG.log(System.Logger.Level.WARNING, "closing a stream's feed failed", e);
      }
      if (gone != null) {
        listener.closed(gone);
      }
    }
  }
}
