// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.tcp;

import io.flotilla.model.listener.Listener.TrafficDirection;
import io.flotilla.model.listener.TcpProxy;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.proxy.api.PeerIdentity;
import io.flotilla.proxy.internal.Downstream;
import io.flotilla.proxy.internal.EngineState;
import io.flotilla.proxy.log.AccessLogs;
import io.flotilla.proxy.log.Failures;
import io.flotilla.proxy.metrics.IstioMetrics.TcpEvent;
import io.flotilla.proxy.upstream.ClusterRuntime;
import io.flotilla.proxy.upstream.Host;
import io.flotilla.proxy.upstream.UpstreamPool;
import io.flotilla.proxy.upstream.XxHash64;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One TCP connection and its upstream. */
public final class TcpRelay {
  private static final System.Logger LOG = System.getLogger(TcpRelay.class.getName());

  private final EngineState engine;
  private final Downstream downstream;
  private final Splice inward;
  private final Splice outward;
  private @Nullable ClusterRuntime cluster;
  private @Nullable Host host;
  private final ByteBuf first;
  private int open;
  private AccessLogs.Plan logs = AccessLogs.Plan.NONE;
  private @Nullable RelayRecord record;

  /** {@code first}: bytes of the client that were read already; may be empty. */
  public TcpRelay(EngineState engine, Downstream downstream, ByteBuf first) {
    this.first = first;
    this.engine = engine;
    this.downstream = downstream;
    this.inward = new Splice(this::ended);
    this.outward = new Splice(this::ended);
  }

  /** Connects upstream; the client is read once that is there. */
  public void start(TcpProxy tcp) {
    Channel client = downstream.channel();
    client.config().setAutoRead(false);
    logs = engine.accessLogs().plan(tcp.accessLogs());
    RelayRecord told = logs == AccessLogs.Plan.NONE ? null : new RelayRecord(downstream);
    record = told;
    String name =
        switch (tcp.cluster()) {
          case ClusterChoice.Single s -> s.name();
          case ClusterChoice.Weighted w ->
              io.flotilla.rules.route.Choice.weighted(w, ThreadLocalRandom.current().nextInt())
                  .name();
          case ClusterChoice.FromHeader h -> "";
        };
    Optional<ClusterRuntime> found = engine.clusters().get(name);
    Optional<Host> chosen =
        found.flatMap(
            c ->
                c.choose(
                    downstream.captive(),
                    Map.of(),
                    XxHash64.hash(downstream.remote().getAddress().getHostAddress(), 0),
                    null));
    if (found.isEmpty() || chosen.isEmpty()) {
      int bytes = first.readableBytes();
      first.release();
      record(TcpEvent.FAILED, "UH");
      if (told != null) {
        found.ifPresent(c -> told.cluster(c.cluster()));
        told.failed(Set.of(found.isEmpty() ? "NC" : "UH"), "");
        told.end(logs, bytes, 0);
      }
      client.close();
      return;
    }
    cluster = found.get();
    host = chosen.get();
    host.started();
    if (told != null) {
      told.cluster(cluster.cluster());
      told.host(host);
    }
    client.pipeline().addLast("splice", inward);
    if (tcp.tunnel().isPresent()) {
      ask(tcp.tunnel().get(), cluster, host);
      return;
    }
    engine
        .pool()
        .connectTcp(found.get(), host, downstream.origin(), outward, this::connected, this::failed);
  }

  private void ask(TcpProxy.Tunnel tunnel, ClusterRuntime to, Host at) {
    InetSocketAddress meant = downstream.original();
    String authority =
        tunnel.target().equals(TcpProxy.Tunnel.DESTINATION)
            ? NetUtil.toSocketAddressString(meant)
            : tunnel.target();
    TunnelRequest request =
        new TunnelRequest(tunnel, authority, outward, this::connected, this::failed);
    Future<?> patience =
        engine
            .loop()
            .schedule(
                () -> request.cancel("no tunnel to " + authority + " in time"),
                to.cluster().connectTimeout().toMillis(),
                TimeUnit.MILLISECONDS);
    downstream
        .channel()
        .closeFuture()
        .addListener(
            closed -> {
              patience.cancel(false);
              request.cancel("the client left before there was a tunnel to " + authority);
            });
    engine
        .pool()
        .acquire(
            to,
            at,
            switch (to.cluster().http()) {
              case HTTP2 -> UpstreamPool.Protocol.HTTP2;
              case AUTO ->
                  to.tls(at).isPresent() ? UpstreamPool.Protocol.ALPN : UpstreamPool.Protocol.HTTP1;
              case HTTP1, SAME_AS_DOWNSTREAM -> UpstreamPool.Protocol.HTTP1;
            },
            List.of(),
            downstream.origin(),
            false,
            request,
            request::send,
            request::notConnected);
  }

  private void failed(Throwable cause) {
    LOG.log(
        System.Logger.Level.DEBUG,
        "{0}: a connection from {1} has no upstream: {2}",
        downstream.listener().name(),
        downstream.remote(),
        cause.getMessage());
    if (host != null) {
      host.ended();
    }
    if (cluster != null && host != null) {
      cluster.outcome(host, ClusterRuntime.Outcome.LOCAL_FAILURE);
    }
    int bytes = first.readableBytes();
    first.release();
    record(TcpEvent.FAILED, "UF");
    if (record != null) {
      record.failed(Set.of("UF", "URX"), Failures.reason(cause));
      record.end(logs, bytes, 0);
    }
    downstream.channel().close();
  }

  private void connected(Channel upstream) {
    Channel client = downstream.channel();
    if (record != null) {
      record.upstream(upstream);
    }
    if (!client.isActive()) {
      int bytes = first.readableBytes();
      first.release();
      upstream.close();
      if (host != null) {
        host.ended();
      }
      if (record != null) {
        record.end(logs, bytes, 0);
      }
      return;
    }
    open = 2;
    record(TcpEvent.OPENED, "-");
    if (first.isReadable()) {
      inward.count(first.readableBytes());
      upstream.write(first);
    } else {
      first.release();
    }
    outward.peer(client);
    inward.peer(upstream);
    client.read();
    upstream.read();
  }

  private void ended() {
    if (open > 0 && --open == 0) {
      if (host != null) {
        host.ended();
      }
      record(TcpEvent.CLOSED, "-");
      if (record != null) {
        record.end(logs, inward.bytes(), outward.bytes());
      }
    }
  }

  private void record(TcpEvent event, String flags) {
    boolean destination =
        downstream.listener().direction() == TrafficDirection.INBOUND && !engine.config().gateway();
    PeerIdentity self =
        downstream.own().map(engine.config().self()::withPrincipal).orElse(engine.config().self());
    PeerIdentity other =
        destination
            ? downstream
                .peer()
                .map(PeerIdentity.UNKNOWN::withPrincipal)
                .orElse(PeerIdentity.UNKNOWN)
            : upstreamPeer();
    String service =
        cluster == null || cluster.cluster().services().isEmpty()
            ? downstream.original().getHostString()
            : cluster.cluster().services().getFirst().host();
    engine
        .metrics()
        .addTcp(
            event,
            destination,
            destination ? other : self,
            destination ? self : other,
            service,
            downstream.peer().isPresent(),
            flags,
            outward.bytes(),
            inward.bytes());
  }

  private PeerIdentity upstreamPeer() {
    return host == null
        ? PeerIdentity.UNKNOWN
        : host.endpoint().workload().map(PeerIdentity::of).orElse(PeerIdentity.UNKNOWN);
  }
}
