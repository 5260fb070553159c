// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.listener;

import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.FilterChainMatch;
import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.listener.TcpProxy;
import io.flotilla.proxy.Overload;
import io.flotilla.proxy.detect.ChainChoice;
import io.flotilla.proxy.detect.ClientHello;
import io.flotilla.proxy.detect.Detected;
import io.flotilla.proxy.detect.HttpSniff;
import io.flotilla.proxy.detect.ProxyHeader;
import io.flotilla.proxy.filter.ConnectionAccess;
import io.flotilla.proxy.http.HttpServer;
import io.flotilla.proxy.internal.Downstream;
import io.flotilla.proxy.internal.EngineState;
import io.flotilla.proxy.internal.Terms;
import io.flotilla.proxy.metrics.ListenerStat;
import io.flotilla.proxy.metrics.StatSet;
import io.flotilla.proxy.tcp.TcpRelay;
import io.flotilla.proxy.tls.Peers;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Turns a socket into a connection that speaks: finds the listener that its destination means,
 * looks at its first bytes where chains differ by them, chooses the chain, and puts TLS and the
 * protocol on it.
 *
 * <pre>
 *   [PROXY header] --> inspect --> chain --> [TLS handshake] --> [HTTP version] --> gone
 * </pre>
 */
final class ConnectionSetup extends ChannelInboundHandlerAdapter {
  private static final System.Logger LOG = System.getLogger(ConnectionSetup.class.getName());
  private static final int MAX_INSPECTED = 17 * 1024;
  private static final long HANDSHAKE_MILLIS = 15_000;

  private enum Phase {
    PROXY_HEADER,
    INSPECT,
    HANDSHAKE,
    /** It is asked whether the connection may be used at all. */
    ACCESS,
    HTTP_VERSION,
    DONE
  }

  private final EngineState engine;
  private final Listeners listeners;
  private BoundListener listener;
  private Phase phase = Phase.INSPECT;
  private ByteBuf held = Unpooled.EMPTY_BUFFER;
  private InetSocketAddress destination = new InetSocketAddress(0);
  private InetSocketAddress source = new InetSocketAddress(0);
  private boolean captured;
  private String serverName = "";
  private @Nullable Future<?> timer;
  private @Nullable FilterChain chain;
  private final Terms terms = new Terms();

  ConnectionSetup(EngineState engine, Listeners listeners, BoundListener listener) {
    this.engine = engine;
    this.listeners = listeners;
    this.listener = listener;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    Overload.Bound places = engine.config().overload().connections();
    if (!places.take()) {
      // Once in a while: a flood of connections is no reason for a flood of lines.
      if (Long.bitCount(places.refused()) == 1) {
        LOG.log(
            System.Logger.Level.WARNING,
            "{0}: a connection is refused, the {1}. so far: {2} are open, as many as the heap has room"
                + " for; give the process more memory or run more of them",
            listener.model().name(),
            places.refused(),
            places.limit());
      }
      context.close();
      return;
    }
    context.channel().closeFuture().addListener(closed -> places.leave());
    Listener model = listener.model();
    destination = (InetSocketAddress) context.channel().localAddress();
    source = (InetSocketAddress) context.channel().remoteAddress();
    if (model.useOriginalDestination()
        || model.inspectors().contains(Listener.Inspector.ORIGINAL_DESTINATION)) {
      Optional<InetSocketAddress> original =
          Transports.originalDestination(context.channel()).filter(o -> !o.equals(destination));
      if (original.isPresent()) {
        destination = original.get();
        captured = true;
      }
    }
    // A transparent socket takes connections whose own address is where they meant to go.
    captured |= model.transparent() && destination.getPort() != model.address().port();
    // One of the process itself is told where its connections mean to go, or 0.
    captured |= model.internal() && destination.getPort() != 0;
    if (model.useOriginalDestination()) {
      BoundListener meant = listeners.forDestination(destination);
      if (meant != null) {
        listener = meant;
      }
    }
    if (listener.model().inspectors().contains(Listener.Inspector.PROXY_PROTOCOL)) {
      phase = Phase.PROXY_HEADER;
      startTimer(context);
      context.read();
    } else {
      inspectOrChoose(context);
    }
  }

  private void proxyHeader(ChannelHandlerContext context) {
    switch (ProxyHeader.parse(held)) {
      case ProxyHeader.Result.Incomplete i -> {}
      case ProxyHeader.Result.Invalid invalid -> {
        LOG.log(
            System.Logger.Level.DEBUG,
            "{0}: connection from {1} is refused: {2}",
            listener.model().name(),
            source,
            invalid.why());
        context.close();
      }
      case ProxyHeader.Result.Unknown unknown -> afterProxyHeader(context, unknown.length());
      case ProxyHeader.Result.Known known -> {
        source = known.source();
        captured = !known.destination().equals(context.channel().localAddress());
        destination = known.destination();
        afterProxyHeader(context, known.length());
      }
    }
  }

  private void afterProxyHeader(ChannelHandlerContext context, int length) {
    held.skipBytes(length);
    phase = Phase.INSPECT;
    inspectOrChoose(context);
    if (phase == Phase.INSPECT && held.isReadable()) {
      inspect(context);
    }
  }

  private void startTimer(ChannelHandlerContext context) {
    Listener model = listener.model();
    if (timer == null && !model.inspectionTimeout().isZero()) {
      timer =
          context
              .executor()
              .schedule(
                  () -> inspectionTimedOut(context),
                  model.inspectionTimeout().toMillis(),
                  TimeUnit.MILLISECONDS);
    }
  }

  private void inspectOrChoose(ChannelHandlerContext context) {
    Listener model = listener.model();
    boolean tls = model.inspectors().contains(Listener.Inspector.TLS);
    boolean http = model.inspectors().contains(Listener.Inspector.HTTP);
    if ((!tls && !http) || isDecidedByAddress(model)) {
      choose(context, "raw_buffer", "", List.of());
      return;
    }
    startTimer(context);
    context.read();
  }

  // Where the destination leaves one chain, nothing that the client sends could change the choice;
  // a protocol in which the server speaks first must not wait for it.
  private boolean isDecidedByAddress(Listener model) {
    List<FilterChain> candidates =
        model.filterChains().stream()
            .filter(
                c -> c.match().destinationPort().map(p -> p == destination.getPort()).orElse(true))
            .toList();
    if (candidates.size() != 1) {
      return candidates.isEmpty();
    }
    FilterChainMatch only = candidates.getFirst().match();
    return only.serverNames().isEmpty()
        && only.transportProtocol().isEmpty()
        && only.applicationProtocols().isEmpty();
  }

  private Detected detected(
      ChannelHandlerContext context, String transport, String sni, List<String> protocols) {
    return new Detected(destination, source, transport, sni, protocols);
  }

  private StatSet<ListenerStat> stats() {
    return engine.statistics().listener(listener.statName());
  }

  private void inspectionTimedOut(ChannelHandlerContext context) {
    if (phase == Phase.PROXY_HEADER || phase == Phase.INSPECT) {
      stats().add(ListenerStat.DOWNSTREAM_PRE_CX_TIMEOUT);
    }
    if (phase == Phase.PROXY_HEADER) {
      context.close();
      return;
    }
    if (phase != Phase.INSPECT) {
      return;
    }
    if (listener.model().continueOnInspectionTimeout()) {
      choose(context, "raw_buffer", "", List.of());
    } else {
      context.close();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (phase == Phase.DONE || phase == Phase.HANDSHAKE || !(message instanceof ByteBuf data)) {
      context.fireChannelRead(message);
      return;
    }
    held = held.isReadable() ? Unpooled.wrappedBuffer(held, data) : replace(data);
    switch (phase) {
      case PROXY_HEADER -> proxyHeader(context);
      case INSPECT -> inspect(context);
      case HTTP_VERSION -> httpVersion(context);
      case ACCESS, HANDSHAKE, DONE -> {}
    }
  }

  private ByteBuf replace(ByteBuf data) {
    held.release();
    return data;
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (phase == Phase.PROXY_HEADER || phase == Phase.INSPECT || phase == Phase.HTTP_VERSION) {
      context.read();
    }
    context.fireChannelReadComplete();
  }

  private void inspect(ChannelHandlerContext context) {
    Listener model = listener.model();
    if (model.inspectors().contains(Listener.Inspector.TLS)) {
      ClientHello.Result result = ClientHello.parse(held);
      if (result instanceof ClientHello.Result.Incomplete && held.readableBytes() < MAX_INSPECTED) {
        return;
      }
      if (result instanceof ClientHello.Result.Hello hello) {
        choose(context, "tls", hello.hello().serverName(), hello.hello().applicationProtocols());
        return;
      }
    }
    List<String> protocols = List.of();
    if (model.inspectors().contains(Listener.Inspector.HTTP)) {
      switch (HttpSniff.of(held)) {
        case INCOMPLETE -> {
          return;
        }
        case HTTP1 -> protocols = List.of("http/1.1");
        case HTTP2 -> protocols = List.of("h2c");
        case OTHER -> {}
      }
    }
    choose(context, "raw_buffer", "", protocols);
  }

  private void choose(
      ChannelHandlerContext context, String transport, String sni, List<String> protocols) {
    if (timer != null) {
      timer.cancel(false);
    }
    Optional<FilterChain> found =
        ChainChoice.of(listener.model(), detected(context, transport, sni, protocols));
    if (found.isEmpty()) {
      LOG.log(
          System.Logger.Level.DEBUG,
          "{0}: no filter chain takes a {1} connection to {2}",
          listener.model().name(),
          transport,
          destination);
      stats().add(ListenerStat.NO_FILTER_CHAIN_MATCH);
      serverName = sni;
      if (!listener.model().accessLogs().isEmpty()) {
        Unmatched.log(engine, downstream(context.channel()));
      }
      context.close();
      return;
    }
    FilterChain taken = found.get();
    chain = taken;
    serverName = sni;
    listener.add(new Connection(context.channel(), taken, terms));
    StatSet<ListenerStat> stats = stats();
    stats.add(ListenerStat.DOWNSTREAM_CX_TOTAL);
    stats.add(ListenerStat.DOWNSTREAM_CX_ACTIVE);
    context
        .channel()
        .closeFuture()
        .addListener(
            closed -> {
              stats.add(ListenerStat.DOWNSTREAM_CX_DESTROY);
              stats.subtract(ListenerStat.DOWNSTREAM_CX_ACTIVE);
            });
    if (taken.tls().isEmpty()) {
      protocol(context, taken, "");
      return;
    }
    try {
      phase = Phase.HANDSHAKE;
      SslHandler handler = engine.tls().server(taken.tls().get()).newHandler(context.alloc());
      handler.setHandshakeTimeoutMillis(HANDSHAKE_MILLIS);
      // Before this handler, so that what follows sees plaintext.
      context.pipeline().addBefore(context.name(), "tls", handler);
      ByteBuf hello = held;
      held = Unpooled.EMPTY_BUFFER;
      ChannelHandlerContext first = context.pipeline().context("tls");
      if (hello.isReadable()) {
        handler.channelRead(first, hello);
        handler.channelReadComplete(first);
      } else {
        hello.release();
      }
      context.channel().read();
    } catch (SSLException e) {
      LOG.log(System.Logger.Level.WARNING, "{0}: {1}", listener.model().name(), e.getMessage());
      context.close();
    } catch (Exception e) {
      context.close();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof SslHandshakeCompletionEvent shaken && phase == Phase.HANDSHAKE) {
      FilterChain taken = chain;
      SslHandler handler = context.pipeline().get(SslHandler.class);
      stats()
          .add(
              shaken.isSuccess()
                  ? ListenerStat.SSL__HANDSHAKE
                  : ListenerStat.SSL__CONNECTION_ERROR);
      if (!shaken.isSuccess() || taken == null || handler == null) {
        context.close();
        return;
      }
      String chosen = handler.applicationProtocol();
      protocol(context, taken, chosen == null ? "" : chosen);
      return;
    }
    if (event instanceof ChannelInputShutdownEvent && phase != Phase.DONE) {
      // Half-closed before anybody knows what it is for: nothing can come of it any more.
      context.close();
      return;
    }
    context.fireUserEventTriggered(event);
  }

  private void protocol(ChannelHandlerContext context, FilterChain taken, String alpn) {
    ConnectionAccess access = engine.filters().of(taken);
    if (access.isOpen()) {
      begin(context, taken, alpn);
      return;
    }
    phase = Phase.ACCESS;
    boolean[] waited = {false};
    access.decide(
        downstream(context.channel()),
        denial -> {
          if (denial.isPresent()) {
            deny(context, denial.get());
          } else if (context.channel().isActive() && !context.isRemoved()) {
            begin(context, taken, alpn);
            if (waited[0] && taken.terminal() instanceof HttpConnectionManager) {
              // What would have gone on reading has passed while the answer was waited for.
              context.channel().read();
            }
          }
        });
    waited[0] = true;
  }

  private void deny(ChannelHandlerContext context, String details) {
    phase = Phase.DONE;
    LOG.log(
        System.Logger.Level.DEBUG,
        "{0}: a connection from {1} is closed: {2}",
        listener.model().name(),
        context.channel().remoteAddress(),
        details);
    context.close();
  }

  private void begin(ChannelHandlerContext context, FilterChain taken, String alpn) {
    switch (taken.terminal()) {
      case TcpProxy tcp -> {
        phase = Phase.DONE;
        Downstream downstream = downstream(context.channel());
        ByteBuf first = held;
        held = Unpooled.EMPTY_BUFFER;
        new TcpRelay(engine, downstream, first).start(tcp);
        context.pipeline().remove(this);
      }
      case HttpConnectionManager http -> {
        context.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, false);
        if (http.codec() == HttpConnectionManager.Codec.HTTP2 || alpn.equals("h2")) {
          serve(context, http, true);
        } else if (http.codec() == HttpConnectionManager.Codec.HTTP1 || alpn.equals("http/1.1")) {
          serve(context, http, false);
        } else {
          phase = Phase.HTTP_VERSION;
          if (held.isReadable()) {
            httpVersion(context);
          } else {
            context.read();
          }
        }
      }
    }
  }

  private void httpVersion(ChannelHandlerContext context) {
    FilterChain taken = chain;
    if (taken == null || !(taken.terminal() instanceof HttpConnectionManager http)) {
      return;
    }
    switch (HttpSniff.of(held)) {
      case INCOMPLETE -> context.read();
      case HTTP2 -> serve(context, http, true);
      // What is not HTTP gets HTTP/1's answer: 400.
      case HTTP1, OTHER -> {
        if (HttpSniff.namesAnotherProtocol(held)) {
          context.close();
        } else {
          serve(context, http, false);
        }
      }
    }
  }

  private void serve(ChannelHandlerContext context, HttpConnectionManager http, boolean http2) {
    phase = Phase.DONE;
    Downstream downstream = downstream(context.channel());
    if (http2) {
      HttpServer.http2(engine, downstream, http);
    } else {
      HttpServer.http1(engine, downstream, http);
    }
    ByteBuf first = held;
    held = Unpooled.EMPTY_BUFFER;
    if (first.isReadable()) {
      context.fireChannelRead(first);
      context.fireChannelReadComplete();
    } else {
      first.release();
    }
    context.pipeline().remove(this);
  }

  private Downstream downstream(Channel channel) {
    return new Downstream(
        channel,
        listener.model(),
        source,
        destination,
        captured,
        channel.pipeline().get(SslHandler.class) != null,
        serverName,
        chain == null ? "" : chain.name(),
        Peers.spiffeId(channel),
        Peers.ownSpiffeId(channel),
        terms);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    if (timer != null) {
      timer.cancel(false);
    }
    context.fireChannelInactive();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    held.release();
    held = Unpooled.EMPTY_BUFFER;
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    LOG.log(
        System.Logger.Level.DEBUG,
        "{0}: connection from {1} failed: {2}",
        listener.model().name(),
        context.channel().remoteAddress(),
        cause.getMessage());
    context.close();
  }
}
