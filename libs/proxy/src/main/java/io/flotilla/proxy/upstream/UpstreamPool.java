// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.flotilla.model.address.InternalAddress;
import io.flotilla.model.cluster.ConnectionSettings.TcpKeepalive;
import io.flotilla.model.cluster.TransportMatch;
import io.flotilla.proxy.metrics.ClusterStat;
import io.flotilla.proxy.tls.Peers;
import io.flotilla.proxy.tls.ServerName;
import io.flotilla.proxy.tls.TlsContexts;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Connections to upstreams, kept for reuse: idle HTTP/1 connections and shared HTTP/2 ones, by
 * endpoint, TLS, protocol and, where upstreams are told it, client. Rotated secrets and changed
 * clusters make new keys, so that what was opened under the old ones is used up and closed when
 * idle.
 */
public final class UpstreamPool implements AutoCloseable {
  private static final int MAX_IDLE_A_KEY = 256;
  private static final long DEFAULT_IDLE_SECONDS = 3600;
  private static final InetSocketAddress NOBODY = new InetSocketAddress("0.0.0.0", 0);

  private final EventLoop loop;
  private final Class<? extends Channel> channelType;
  private final TlsContexts tls;
  private final Map<Key, Lane> lanes = new HashMap<>();
  private Inside inside = (listener, connection) -> false;

  /** The listeners of the proxy itself. */
  public interface Inside {
    /**
     * Takes the server's end of a connection, and registers it.
     *
     * @return whether there is such a listener
     */
    boolean accept(String listener, Channel connection);
  }

  /** Where connections within the process go. */
  public void inside(Inside listeners) {
    inside = listeners;
  }

  /** What makes two connections interchangeable. */
  private record Key(
      String cluster,
      InetSocketAddress address,
      @Nullable SslContext tls,
      String sni,
      Protocol protocol,
      @Nullable Preface preface,
      boolean highPriority) {}

  /** What is spoken on a connection. */
  public enum Protocol {
    HTTP1,
    HTTP2,
    /** What ALPN decides. */
    ALPN
  }

  private static final class Lane {
    final Key key;
    final ArrayDeque<Idle> idle = new ArrayDeque<>();
    final List<Http2Upstream> shared = new ArrayList<>();
    final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    boolean connectingShared;
    int connecting;
    // Nothing is kept for reuse any longer: its secrets or its cluster are of the past.
    boolean retired;
    int inUse;
    long idleNanos = TimeUnit.SECONDS.toNanos(DEFAULT_IDLE_SECONDS);
    int maxRequests;
    long maxAgeNanos;

    Lane(Key key) {
      this.key = key;
    }

    boolean isUsed() {
      return inUse > 0 || connecting > 0 || !shared.isEmpty();
    }

    boolean isSpent(long requests, long bornNanos) {
      return (maxRequests > 0 && requests >= maxRequests)
          || (maxAgeNanos > 0 && System.nanoTime() - bornNanos >= maxAgeNanos);
    }
  }

  private record Idle(Channel channel, long sinceNanos) {}

  private record Waiting(
      ClusterRuntime cluster,
      CircuitBreaker breaker,
      Host host,
      @Nullable Origin origin,
      UpstreamStream.Listener listener,
      Consumer<UpstreamStream> ready,
      Consumer<Throwable> failed) {}

  /** Thrown into {@code failed} when a circuit breaker is open. */
  public static final class Overflow extends Exception {
    private static final long serialVersionUID = 1L;

    Overflow(String cluster) {
      super("the circuit breaker of " + cluster + " is open", null, false, false);
    }
  }

  public UpstreamPool(EventLoop loop, Class<? extends Channel> channelType, TlsContexts tls) {
    this.loop = loop;
    this.channelType = channelType;
    this.tls = tls;
    loop.scheduleWithFixedDelay(this::dropIdle, 10, 10, TimeUnit.SECONDS);
  }

  /**
   * A stream to the endpoint, from the pool or new.
   *
   * @param alpn what a TLS client offers
   * @param origin the client's connection, which the endpoint is told of where the cluster has the
   *     PROXY protocol; such connections serve only those of the same addresses
   * @param highPriority whose limits count it; either has connections of its own
   */
  public void acquire(
      ClusterRuntime cluster,
      Host host,
      Protocol protocol,
      List<String> alpn,
      @Nullable Origin origin,
      boolean highPriority,
      UpstreamStream.Listener listener,
      Consumer<UpstreamStream> ready,
      Consumer<Throwable> failed) {
    Optional<io.flotilla.model.tls.UpstreamTls> wanted = cluster.tls(host);
    SslContext context = null;
    String sni = "";
    if (wanted.isPresent()) {
      try {
        context = tls.client(wanted.get(), alpn.isEmpty() ? wanted.get().common().alpn() : alpn);
        sni = wanted.get().sni();
      } catch (SSLException e) {
        failed.accept(e);
        return;
      }
    }
    Preface preface = preface(cluster, host, origin);
    Key key =
        new Key(
            cluster.cluster().name(),
            host.address(),
            context,
            sni,
            protocol,
            preface,
            highPriority);
    Lane lane = lanes.get(key);
    if (lane == null) {
      lane = new Lane(key);
      lanes.put(key, lane);
      if (preface != null && origin != null) {
        retireWith(origin, lane);
      }
    }
    Http2Upstream shared = shared(lane);
    if (shared != null) {
      ready.accept(shared.open(host, listener));
      return;
    }
    while (!lane.idle.isEmpty()) {
      Idle idle = lane.idle.pollLast();
      if (isSpent(lane, idle.channel())) {
        idle.channel().close();
      } else if (idle.channel().isActive()) {
        use(idle.channel(), true, host, listener, ready);
        return;
      }
    }
    CircuitBreaker breaker = cluster.breaker(highPriority);
    Waiting waiting = new Waiting(cluster, breaker, host, origin, listener, ready, failed);
    if (!breaker.tryWait()) {
      failed.accept(new Overflow(cluster.cluster().name()));
      return;
    }
    if (protocol == Protocol.HTTP2 && lane.connectingShared) {
      lane.waiting.add(waiting);
      return;
    }
    if (!breaker.tryConnect()) {
      if (lane.isUsed()) {
        // Served by the next connection that is given back.
        lane.waiting.add(waiting);
        return;
      }
      breaker.connectAnyhow();
    }
    lane.connectingShared = protocol == Protocol.HTTP2;
    lane.idleNanos =
        cluster.cluster().connection().idleTimeout().map(Duration::toNanos).orElse(lane.idleNanos);
    lane.maxRequests = cluster.cluster().connection().maxRequestsPerConnection();
    lane.maxAgeNanos =
        cluster.cluster().connection().maxDuration().map(Duration::toNanos).orElse(0L);
    connect(cluster, key, lane, waiting);
  }

  private static @Nullable Http2Upstream shared(Lane lane) {
    for (int i = lane.shared.size() - 1; i >= 0; i--) {
      Http2Upstream each = lane.shared.get(i);
      if (lane.isSpent(each.opened(), each.bornNanos())) {
        lane.shared.remove(i);
        each.retire();
      } else if (each.hasRoom()) {
        return each;
      }
    }
    return null;
  }

  private static void countProtocol(ClusterRuntime cluster, boolean http2) {
    cluster
        .stats()
        .add(http2 ? ClusterStat.UPSTREAM_CX_HTTP2_TOTAL : ClusterStat.UPSTREAM_CX_HTTP1_TOTAL);
  }

  private static @Nullable Preface preface(
      ClusterRuntime cluster, Host host, @Nullable Origin origin) {
    return cluster
        .transport(host)
        .flatMap(TransportMatch::proxyHeader)
        .map(version -> Preface.of(version, origin))
        .orElse(null);
  }

  // Nobody else may use what the client's connection leaves behind.
  private void retireWith(Origin origin, Lane lane) {
    origin
        .client()
        .closeFuture()
        .addListener(
            closed ->
                loop.execute(
                    () -> {
                      retire(lane);
                      lanes.remove(lane.key, lane);
                    }));
  }

  private void connect(ClusterRuntime cluster, Key key, Lane lane, Waiting first) {
    CircuitBreaker breaker = first.breaker();
    lane.connecting++;
    cluster.connecting();
    if (key.protocol() != Protocol.ALPN) {
      countProtocol(cluster, key.protocol() == Protocol.HTTP2);
    }
    Bootstrap bootstrap =
        bootstrap(cluster, first.host(), first.origin())
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    if (key.preface() != null) {
                      key.preface().announceOn(channel);
                    }
                    if (key.tls() != null) {
                      channel
                          .pipeline()
                          .addLast("tls", ssl(key.tls(), key.sni(), channel, cluster))
                          .addLast(HandshakeWatch.INSTANCE);
                    }
                  }
                });
    cluster
        .cluster()
        .bindSource()
        .ifPresent(ip -> bootstrap.localAddress(new InetSocketAddress(ip, 0)));
    dial(bootstrap, first.host())
        .addListener(
            (ChannelFuture connected) -> {
              if (!connected.isSuccess()) {
                breaker.waitEnded();
                cluster.notConnected(breaker, connected.cause());
                fail(lane, first, connected.cause());
                return;
              }
              Channel channel = connected.channel();
              channel.closeFuture().addListener(closed -> cluster.disconnected(breaker));
              SslHandler handler = channel.pipeline().get(SslHandler.class);
              if (handler == null) {
                breaker.waitEnded();
                established(key, lane, first, channel, key.protocol() == Protocol.HTTP2);
                return;
              }
              handler
                  .handshakeFuture()
                  .addListener(
                      (Future<Channel> shaken) -> {
                        breaker.waitEnded();
                        if (!shaken.isSuccess()) {
                          cluster.stats().add(ClusterStat.SSL__CONNECTION_ERROR);
                          channel.close();
                          fail(lane, first, shaken.cause());
                          return;
                        }
                        cluster.stats().add(ClusterStat.SSL__HANDSHAKE);
                        String chosen = handler.applicationProtocol();
                        boolean http2 =
                            key.protocol() == Protocol.HTTP2
                                || (key.protocol() == Protocol.ALPN && "h2".equals(chosen));
                        established(key, lane, first, channel, http2);
                      });
            });
  }

  /** A bare connection, for TCP: TLS as the cluster says, no codec. */
  public void connectTcp(
      ClusterRuntime cluster,
      Host host,
      @Nullable Origin origin,
      ChannelHandler handler,
      Consumer<Channel> ready,
      Consumer<Throwable> failed) {
    SslContext context = null;
    String sni = "";
    Optional<io.flotilla.model.tls.UpstreamTls> wanted = cluster.tls(host);
    if (wanted.isPresent()) {
      try {
        context = tls.client(wanted.get(), wanted.get().common().alpn());
        sni = wanted.get().sni();
      } catch (SSLException e) {
        failed.accept(e);
        return;
      }
    }
    // TCP knows no priorities.
    CircuitBreaker breaker = cluster.breaker(false);
    if (!breaker.tryConnect()) {
      failed.accept(new Overflow(cluster.cluster().name()));
      return;
    }
    cluster.connecting();
    if (!breaker.tryWait()) {
      cluster.disconnected(breaker);
      failed.accept(new Overflow(cluster.cluster().name()));
      return;
    }
    SslContext ssl = context;
    String serverName = sni;
    Preface preface = preface(cluster, host, origin);
    Bootstrap bootstrap =
        bootstrap(cluster, host, origin)
            .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .option(ChannelOption.AUTO_READ, ssl != null)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    if (preface != null) {
                      preface.announceOn(channel);
                    }
                    if (ssl != null) {
                      channel
                          .pipeline()
                          .addLast("tls", ssl(ssl, serverName, channel, cluster))
                          .addLast(HandshakeWatch.INSTANCE);
                    }
                  }
                });
    cluster
        .cluster()
        .bindSource()
        .ifPresent(ip -> bootstrap.localAddress(new InetSocketAddress(ip, 0)));
    dial(bootstrap, host)
        .addListener(
            (ChannelFuture connected) -> {
              if (!connected.isSuccess()) {
                breaker.waitEnded();
                cluster.notConnected(breaker, connected.cause());
                failed.accept(connected.cause());
                return;
              }
              Channel channel = connected.channel();
              channel.closeFuture().addListener(closed -> cluster.disconnected(breaker));
              SslHandler handshake = channel.pipeline().get(SslHandler.class);
              if (handshake == null) {
                breaker.waitEnded();
                channel.pipeline().addLast(handler);
                ready.accept(channel);
                return;
              }
              handshake
                  .handshakeFuture()
                  .addListener(
                      (Future<Channel> shaken) -> {
                        breaker.waitEnded();
                        if (shaken.isSuccess()) {
                          cluster.stats().add(ClusterStat.SSL__HANDSHAKE);
                          channel.config().setAutoRead(false);
                          channel.pipeline().addLast(handler);
                          ready.accept(channel);
                        } else {
                          cluster.stats().add(ClusterStat.SSL__CONNECTION_ERROR);
                          channel.close();
                          failed.accept(shaken.cause());
                        }
                      });
            });
  }

  private Bootstrap bootstrap(ClusterRuntime cluster, Host host, @Nullable Origin origin) {
    if (host.endpoint().address() instanceof InternalAddress) {
      return new Bootstrap().group(loop).channelFactory(() -> inwards(host, origin));
    }
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(channelType)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, cluster.connectTimeoutMillis());
    cluster.cluster().connection().tcpKeepalive().ifPresent(k -> keepAlive(bootstrap, k));
    return bootstrap;
  }

  private static InternalChannel inwards(Host host, @Nullable Origin origin) {
    boolean told =
        host.endpoint().address() instanceof InternalAddress a && a.destination().isPresent();
    InetSocketAddress destination =
        told || origin == null || !origin.vouched() ? host.address() : origin.destination();
    InternalChannel.Pair pair =
        InternalChannel.pair(origin == null ? NOBODY : origin.source(), destination);
    if (origin != null && origin.vouched()) {
      Peers.vouch(pair.server(), origin.client());
    }
    return pair.client();
  }

  private ChannelFuture dial(Bootstrap bootstrap, Host host) {
    if (!(host.endpoint().address() instanceof InternalAddress inner)) {
      return bootstrap.connect(host.address());
    }
    ChannelFuture registered = bootstrap.register();
    if (registered.channel() instanceof InternalChannel client
        && !inside.accept(inner.listener(), client.peer())) {
      client.close();
      return client.newFailedFuture(
          new ConnectException("there is no internal listener " + inner.listener()));
    }
    return registered;
  }

  private void keepAlive(Bootstrap bootstrap, TcpKeepalive settings) {
    bootstrap.option(ChannelOption.SO_KEEPALIVE, true);
    if (EpollSocketChannel.class.isAssignableFrom(channelType)) {
      if (settings.probes() > 0) {
        bootstrap.option(EpollChannelOption.TCP_KEEPCNT, settings.probes());
      }
      if (settings.timeSeconds() > 0) {
        bootstrap.option(EpollChannelOption.TCP_KEEPIDLE, settings.timeSeconds());
      }
      if (settings.intervalSeconds() > 0) {
        bootstrap.option(EpollChannelOption.TCP_KEEPINTVL, settings.intervalSeconds());
      }
    }
  }

  private static SslHandler ssl(
      SslContext context, String sni, Channel channel, ClusterRuntime cluster) {
    SslHandler handler =
        sni.isEmpty()
            ? context.newHandler(channel.alloc())
            : context.newHandler(channel.alloc(), sni, 0);
    if (!sni.isEmpty()) {
      ServerName.ask(handler.engine(), sni);
    }
    handler.setHandshakeTimeoutMillis(cluster.connectTimeoutMillis());
    return handler;
  }

  private void established(Key key, Lane lane, Waiting first, Channel channel, boolean http2) {
    lane.connecting--;
    if (key.protocol() == Protocol.ALPN) {
      countProtocol(first.cluster(), http2);
    }
    if (!http2) {
      // Announced as HTTP/2 by nobody: those who wait for a shared connection go on alone.
      channel.pipeline().addLast("codec", new HttpClientCodec(8192, 64 * 1024, 16 * 1024));
      channel.pipeline().addLast("upstream", new UpstreamHandler());
      channel.config().setAutoRead(false);
      channel
          .closeFuture()
          .addListener(
              closed -> {
                lane.idle.removeIf(i -> i.channel() == channel);
                // Broken while in use, or handed over to a tunnel: nobody gives it back.
                if (takeBack(channel)) {
                  serveWaiting(lane);
                }
              });
      channel.attr(LANE).set(lane);
      channel.attr(BORN).set(System.nanoTime());
      use(channel, false, first.host(), first.listener(), first.ready());
      return;
    }
    Http2Upstream shared =
        Http2Upstream.of(
            channel,
            first.cluster().cluster().connection().maxConcurrentStreams(),
            gone -> lane.shared.remove(gone),
            ended -> serveWaiting(lane, ended));
    channel.config().setAutoRead(true);
    channel.pipeline().addLast("codec", shared);
    channel
        .closeFuture()
        .addListener(
            closed -> {
              lane.shared.remove(shared);
              serveWaiting(lane);
            });
    if (lane.retired) {
      shared.retire();
    } else {
      lane.shared.add(shared);
    }
    lane.connectingShared = false;
    first.ready().accept(shared.open(first.host(), first.listener()));
    serveWaiting(lane, shared);
  }

  private static void serveWaiting(Lane lane, Http2Upstream shared) {
    while (!lane.waiting.isEmpty() && shared.hasRoom()) {
      Waiting next = lane.waiting.remove();
      next.breaker().waitEnded();
      next.ready().accept(shared.open(next.host(), next.listener()));
    }
  }

  private static final io.netty.util.AttributeKey<Lane> LANE =
      io.netty.util.AttributeKey.valueOf(UpstreamPool.class, "lane");
  private static final io.netty.util.AttributeKey<Long> BORN =
      io.netty.util.AttributeKey.valueOf(UpstreamPool.class, "born");
  private static final io.netty.util.AttributeKey<Boolean> USED =
      io.netty.util.AttributeKey.valueOf(UpstreamPool.class, "used");
  private static final io.netty.util.AttributeKey<Integer> REQUESTS =
      io.netty.util.AttributeKey.valueOf(UpstreamPool.class, "requests");

  private void fail(Lane lane, Waiting first, Throwable cause) {
    lane.connecting--;
    lane.connectingShared = false;
    first.cluster().stats().add(ClusterStat.UPSTREAM_RQ_PENDING_FAILURE_EJECT);
    first.failed().accept(cause);
    for (Waiting w = lane.waiting.poll(); w != null; w = lane.waiting.poll()) {
      w.cluster().stats().add(ClusterStat.UPSTREAM_RQ_PENDING_FAILURE_EJECT);
      w.breaker().waitEnded();
      w.failed().accept(cause);
    }
  }

  private void use(
      Channel channel,
      boolean reused,
      Host host,
      UpstreamStream.Listener listener,
      Consumer<UpstreamStream> ready) {
    channel.attr(LANE).get().inUse++;
    channel.attr(USED).set(true);
    Integer before = channel.attr(REQUESTS).get();
    channel.attr(REQUESTS).set(before == null ? 1 : before + 1);
    channel.pipeline().get(UpstreamHandler.class).listener(listener);
    ready.accept(new Http1Upstream(channel, reused, host, this));
  }

  /** Whether it was in use until now. */
  private static boolean takeBack(Channel channel) {
    boolean used = Boolean.TRUE.equals(channel.attr(USED).getAndSet(false));
    if (used) {
      channel.attr(LANE).get().inUse--;
    }
    return used;
  }

  void release(Http1Upstream stream, boolean reusable) {
    Channel channel = stream.connection();
    UpstreamHandler handler = channel.pipeline().get(UpstreamHandler.class);
    if (handler != null) {
      handler.listener(null);
    }
    Lane lane = channel.attr(LANE).get();
    if (!takeBack(channel)) {
      return;
    }
    boolean usedUp = isSpent(lane, channel);
    if (!reusable
        || usedUp
        || lane.retired
        || !channel.isActive()
        || lane.idle.size() >= MAX_IDLE_A_KEY) {
      channel.close();
      serveWaiting(lane);
      return;
    }
    Waiting next = lane.waiting.poll();
    if (next != null) {
      next.breaker().waitEnded();
      use(channel, true, next.host(), next.listener(), next.ready());
      return;
    }
    lane.idle.add(new Idle(channel, System.nanoTime()));
    // So that a close by the upstream is noticed while nobody uses the connection.
    channel.read();
  }

  // A connection is gone, so that there may be room for another.
  private void serveWaiting(Lane lane) {
    loop.execute(
        () -> {
          Waiting next = lane.connectingShared ? null : lane.waiting.poll();
          if (next == null) {
            return;
          }
          if (next.breaker().tryConnect()) {
            connect(next.cluster(), lane.key, lane, next);
          } else if (lane.isUsed()) {
            lane.waiting.addFirst(next);
          } else {
            next.breaker().connectAnyhow();
            connect(next.cluster(), lane.key, lane, next);
          }
        });
  }

  private static boolean isSpent(Lane lane, Channel channel) {
    Integer requests = channel.attr(REQUESTS).get();
    Long born = channel.attr(BORN).get();
    return requests != null && born != null && lane.isSpent(requests, born);
  }

  private void dropIdle() {
    long now = System.nanoTime();
    lanes
        .values()
        .removeIf(
            lane -> {
              while (!lane.idle.isEmpty()
                  && lane.idleNanos > 0
                  && now - lane.idle.peekFirst().sinceNanos() > lane.idleNanos) {
                lane.idle.pollFirst().channel().close();
              }
              lane.idle.removeIf(i -> !i.channel().isActive());
              return lane.idle.isEmpty()
                  && lane.shared.isEmpty()
                  && lane.waiting.isEmpty()
                  && lane.connecting == 0
                  && lane.inUse == 0;
            });
  }

  /** Closes idle connections of endpoints that are no more. */
  public void retain(Predicate<InetSocketAddress> known) {
    lanes.values().stream().filter(lane -> !known.test(lane.key.address())).forEach(this::retire);
    lanes.values().removeIf(lane -> lane.retired);
  }

  /** Closes idle connections; those in use close when they are given back. */
  @Override
  public void close() {
    lanes.values().forEach(this::retire);
    lanes.clear();
  }

  private void retire(Lane lane) {
    lane.retired = true;
    List<Idle> idle = List.copyOf(lane.idle);
    lane.idle.clear();
    idle.forEach(i -> i.channel().close());
    List.copyOf(lane.shared).forEach(Http2Upstream::retire);
  }
}
