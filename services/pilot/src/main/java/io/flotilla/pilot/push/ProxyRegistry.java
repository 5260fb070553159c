// SPDX-License-Identifier: Apache-2.0
package io.flotilla.pilot.push;

import io.flotilla.graph.Changes;
import io.flotilla.identity.InvalidIdentityException;
import io.flotilla.identity.SpiffeId;
import io.flotilla.model.node.ProxyNode;
import io.flotilla.model.snapshot.ProxySnapshot;
import io.flotilla.translate.PilotGraph;
import io.flotilla.xds.server.ConnectedProxy;
import io.flotilla.xds.server.SnapshotSource;
import io.flotilla.xds.server.XdsObserver;
import io.grpc.Status;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The connected proxies. A stream is a source entry of the graph, and gets each new value of its
 * snapshot; before the first complete configuration it waits, since an empty mesh is worse than the
 * one that a proxy remembers. Two streams of one node are two entries.
 */
public final class ProxyRegistry implements SnapshotSource, XdsObserver {
  private static final Logger LOG = Logger.getLogger(ProxyRegistry.class);
  private static final int MOST_REFUSED = 100;

  private final PilotGraph pilot;
  private final ProxyEvents events;
  private final PushMetrics metrics;
  private final LongSupplier configRevision;
  private final AtomicLong streams = new AtomicLong();
  private final Map<String, Stream> byKey = new ConcurrentHashMap<>();
  private final ReentrantLock admission = new ReentrantLock();
  private boolean admitting;

  /** One stream's books; guarded by itself. */
  private static final class Stream {
    final String key;
    final ConnectedProxy proxy;
    final Consumer<ProxySnapshot> sink;
    final Instant since = Instant.now();
    final Map<String, Long> sentByType = new LinkedHashMap<>();
    final List<String> refused = new ArrayList<>();
    long sent;
    long acknowledged;
    @Nullable Instant pushed;

    Stream(String key, ConnectedProxy proxy, Consumer<ProxySnapshot> sink) {
      this.key = key;
      this.proxy = proxy;
      this.sink = sink;
    }

    synchronized ProxyState state() {
      return new ProxyState(proxy, since, sent, acknowledged, sentByType, refused);
    }
  }

  /**
   * Nobody is connected yet.
   *
   * @param configRevision Galley's revision that is applied
   */
  public ProxyRegistry(
      PilotGraph pilot, ProxyEvents events, PushMetrics metrics, LongSupplier configRevision) {
    this.pilot = pilot;
    this.events = events;
    this.metrics = metrics;
    this.configRevision = configRevision;
    pilot.graph().listen(pilot.snapshots(), this::changed);
  }

  /** From now on streams are answered; those that wait at once. */
  public void admit() {
    admission.lock();
    try {
      admitting = true;
      pilot
          .graph()
          .transact(
              tx -> byKey.values().forEach(s -> tx.set(pilot.proxies(), s.key, s.proxy.node())));
    } finally {
      admission.unlock();
    }
  }

  @Override
  public AutoCloseable open(ConnectedProxy proxy, Consumer<ProxySnapshot> sink) {
    check(proxy);
    String key = proxy.node().id() + "#" + streams.incrementAndGet();
    Stream stream = new Stream(key, proxy, sink);
    admission.lock();
    try {
      byKey.put(key, stream);
      if (admitting) {
        pilot.graph().transact(tx -> tx.set(pilot.proxies(), key, proxy.node()));
      }
    } finally {
      admission.unlock();
    }
    return () -> close(key);
  }

  private void close(String key) {
    admission.lock();
    try {
      byKey.remove(key);
      pilot.graph().transact(tx -> tx.remove(pilot.proxies(), key));
    } finally {
      admission.unlock();
    }
  }

  /** A certificate must be that of the node's own service account. */
  private static void check(ConnectedProxy proxy) {
    if (proxy.spiffeId().isEmpty()) {
      return;
    }
    ProxyNode node = proxy.node();
    try {
      SpiffeId id = SpiffeId.parse(proxy.spiffeId().get());
      if (id.namespace().orElse("").equals(node.namespace())
          && id.serviceAccount().orElse("").equals(node.serviceAccount())) {
        return;
      }
      throw refusal(
          "The certificate of this stream is that of "
              + id
              + ", but its node "
              + node.id()
              + " says that it runs as service account "
              + node.serviceAccount()
              + " in namespace "
              + node.namespace()
              + ": a proxy may only ask for itself");
    } catch (InvalidIdentityException e) {
      throw refusal(String.valueOf(e.getMessage()));
    }
  }

  private static io.grpc.StatusRuntimeException refusal(String sentence) {
    LOG.warn(sentence);
    return Status.PERMISSION_DENIED.withDescription(sentence).asRuntimeException();
  }

  /** On the graph's writing thread: whoever has a new snapshot gets it. */
  private void changed(Changes<String, ProxySnapshot> changes) {
    long revision = changes.view().revision().number();
    Instant now = Instant.now();
    changes
        .byKey()
        .forEach(
            (key, change) -> {
              Stream stream = byKey.get(key);
              ProxySnapshot snapshot = change.after();
              if (stream != null && snapshot != null) {
                synchronized (stream) {
                  stream.sent = revision;
                  stream.pushed = stream.pushed == null ? now : stream.pushed;
                }
                stream.sink.accept(stamped(snapshot, revision, stream.proxy));
              }
            });
  }

  /** Keys go only to those who have shown who they are. */
  private static ProxySnapshot stamped(
      ProxySnapshot snapshot, long revision, ConnectedProxy proxy) {
    return new ProxySnapshot(
        revision,
        snapshot.listeners(),
        snapshot.routes(),
        snapshot.clusters(),
        snapshot.endpoints(),
        proxy.spiffeId().isPresent() ? snapshot.secrets() : Map.of(),
        snapshot.names());
  }

  /** After a configuration: who was not concerned runs it already. */
  public void configurationApplied() {
    for (Stream stream : byKey.values()) {
      ProxyState state = stream.state();
      if (state.isUpToDate()) {
        events.acknowledged(stream.proxy, state.acknowledged(), configRevision.getAsLong());
      }
    }
  }

  @Override
  public void connected(ConnectedProxy proxy) {
    LOG.infof("%s connected from %s", proxy.node().id(), proxy.remoteAddress());
    events.connected(proxy);
  }

  @Override
  public void sent(ConnectedProxy proxy, String typeUrl, long revision, int resources) {
    metrics.pushed(typeUrl);
    stream(proxy)
        .ifPresent(
            stream -> {
              synchronized (stream) {
                stream.sentByType.put(typeUrl, revision);
              }
            });
  }

  @Override
  public void acknowledged(ConnectedProxy proxy, long revision) {
    stream(proxy)
        .ifPresent(
            stream -> {
              Instant pushed = null;
              boolean all;
              synchronized (stream) {
                stream.acknowledged = Math.max(stream.acknowledged, revision);
                all = stream.acknowledged >= stream.sent;
                if (all) {
                  stream.refused.clear();
                  pushed = stream.pushed;
                  stream.pushed = null;
                }
              }
              if (pushed != null) {
                metrics.converged(Duration.between(pushed, Instant.now()));
              }
              if (all) {
                events.acknowledged(proxy, revision, configRevision.getAsLong());
              }
            });
  }

  @Override
  public void refused(ConnectedProxy proxy, String typeUrl, String name, String reason) {
    metrics.refused(typeUrl);
    LOG.warnf("%s refused %s %s: %s", proxy.node().id(), typeUrl, name, reason);
    stream(proxy)
        .ifPresent(
            stream -> {
              synchronized (stream) {
                if (stream.refused.size() < MOST_REFUSED) {
                  stream.refused.add(typeUrl + " " + name + ": " + reason);
                }
              }
            });
    events.refused(proxy, typeUrl, name, reason);
  }

  @Override
  public void disconnected(ConnectedProxy proxy) {
    LOG.infof("%s is gone", proxy.node().id());
    events.gone(proxy);
  }

  /** How every stream stands, by node id. */
  public Collection<ProxyState> states() {
    return byKey.values().stream()
        .map(Stream::state)
        .sorted(java.util.Comparator.comparing(s -> s.proxy().node().id()))
        .toList();
  }

  /** What a proxy was sent, by its id or by "name.namespace". */
  public Optional<ProxySnapshot> snapshot(String proxy) {
    for (Stream stream : byKey.values()) {
      ProxyNode node = stream.proxy.node();
      if (node.id().equals(proxy) || (node.name() + "." + node.namespace()).equals(proxy)) {
        return pilot
            .graph()
            .view()
            .get(pilot.snapshots(), stream.key)
            .map(s -> stamped(s, stream.state().sent(), withoutIdentity(stream.proxy)));
      }
    }
    return Optional.empty();
  }

  private static ConnectedProxy withoutIdentity(ConnectedProxy proxy) {
    return new ConnectedProxy(proxy.node(), Optional.empty(), proxy.remoteAddress(), proxy.delta());
  }

  /** A call names its proxy by the object that {@link #open} was given, or one that equals it. */
  private Optional<Stream> stream(ConnectedProxy proxy) {
    return byKey.values().stream().filter(s -> s.proxy.equals(proxy)).findFirst();
  }
}
