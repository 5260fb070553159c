// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.proxy.http2.Http2Flow;
import io.flotilla.proxy.http2.Http2Link;
import io.flotilla.proxy.http2.Http2Tunnel;
import io.flotilla.proxy.internal.Downstream;
import io.flotilla.proxy.internal.EngineState;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * A client's stream of HTTP/2, and the one exchange on it. A malformed request (RFC 9113, section
 * 8.1.1) resets the stream, so that nothing of it is forwarded.
 */
final class Http2Exchange extends Http2Flow implements ClientSide {
  private final EngineState engine;
  private final Downstream downstream;
  private final HttpConnectionManager manager;
  private @Nullable Exchange exchange;
  private boolean malformed;
  // A head that says that no body follows, until that has shown to be true.
  private @Nullable HttpRequest announcesNothing;

  Http2Exchange(
      Http2Link link, EngineState engine, Downstream downstream, HttpConnectionManager manager) {
    super(link);
    this.engine = engine;
    this.downstream = downstream;
    this.manager = manager;
  }

  // ---- what comes ----

  @Override
  protected void headers(Http2Headers headers, boolean endStream) {
    if (malformed) {
      return;
    }
    if (exchange != null) {
      trailers(exchange, headers, endStream);
      return;
    }
    HttpRequest request = Http2Requests.head(headers, endStream);
    if (request == null) {
      refuse();
      return;
    }
    Exchange begun =
        new Exchange(
            engine,
            downstream,
            manager,
            this,
            true,
            whole -> {
              if (!whole) {
                close();
              }
            });
    exchange = begun;
    if (!endStream && Http2Requests.announcesNothing(request)) {
      announcesNothing = request;
      return;
    }
    begun.head(request);
    if (endStream) {
      begun.body(LastHttpContent.EMPTY_LAST_CONTENT);
    }
  }

  private void trailers(Exchange to, Http2Headers headers, boolean endStream) {
    if (!endStream || !Http2HeadRules.areTrailers(headers)) {
      refuse();
      return;
    }
    announced(to);
    LastHttpContent last = new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER);
    headers.forEach(each -> last.trailingHeaders().add(each.getKey(), each.getValue()));
    to.body(last);
  }

  @Override
  protected void data(ByteBuf data, boolean endStream) {
    Exchange to = exchange;
    if (malformed || to == null) {
      read();
      return;
    }
    if (announcesNothing != null) {
      if (data.isReadable()) {
        refuse();
        return;
      }
      if (!endStream) {
        return;
      }
      announced(to);
    }
    to.body(
        endStream
            ? new DefaultLastHttpContent(data.retain())
            : new DefaultHttpContent(data.retain()));
  }

  private void announced(Exchange to) {
    HttpRequest request = announcesNothing;
    if (request != null) {
      announcesNothing = null;
      to.head(request);
    }
  }

  private void refuse() {
    malformed = true;
    engine.http2().countMalformed();
    reset(Http2Error.PROTOCOL_ERROR);
  }

  @Override
  protected void readComplete() {
    if (exchange != null) {
      exchange.readMoreOfRequest();
    }
  }

  @Override
  protected void writable() {
    if (exchange != null) {
      exchange.readMoreOfAnswer();
    }
  }

  @Override
  protected void resetByPeer(long errorCode) {
    // It is over, which is told next.
  }

  @Override
  protected void closed() {
    if (exchange != null && !isTunnel()) {
      exchange.clientGone();
    }
  }

  // ---- what goes ----

  @Override
  public void write(HttpObject part) {
    super.write(part);
  }

  @Override
  public void writeLast(HttpObject last) {
    super.write(last);
    flush();
  }

  @Override
  public void close() {
    reset(Http2Error.CANCEL);
  }

  @Override
  public void splice(Channel upstream, Queue<ByteBuf> early, boolean clientEnded, Runnable ended) {
    upstream.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    // It comes first, so that bytes which a codec still holds reach it when that goes.
    Http2Tunnel tunnel = tunnel(upstream, ended);
    Upgrade.removeHttp(upstream.pipeline());
    tunnel.start(early, clientEnded);
  }
}
