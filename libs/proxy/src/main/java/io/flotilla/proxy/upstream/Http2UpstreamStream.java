// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.flotilla.proxy.http2.Http2Answers;
import io.flotilla.proxy.http2.Http2Flow;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An exchange on a stream of HTTP/2. */
final class Http2UpstreamStream extends Http2Flow implements UpstreamStream {
  private final Http2Upstream upstream;
  private final boolean reused;
  private final Host host;
  private @Nullable Listener listener;
  private boolean refused;
  private boolean answered;

  Http2UpstreamStream(Http2Upstream upstream, boolean reused, Host host, Listener listener) {
    super(upstream);
    this.upstream = upstream;
    this.reused = reused;
    this.host = host;
    this.listener = listener;
  }

  // ---- what comes ----

  @Override
  protected void headers(Http2Headers headers, boolean endStream) {
    Listener to = listener;
    if (to == null) {
      // Nobody waits for an answer any more.
      reset(Http2Error.CANCEL);
      return;
    }
    if (answered) {
      LastHttpContent trailers = endStream ? Http2Answers.trailers(headers) : null;
      if (trailers == null) {
        reset(Http2Error.PROTOCOL_ERROR);
      } else {
        to.received(trailers);
      }
      return;
    }
    HttpResponse head = Http2Answers.head(headers, endStream);
    if (head == null) {
      reset(Http2Error.PROTOCOL_ERROR);
      return;
    }
    answered = !Http2Answers.isInformational(head);
    to.received(head);
  }

  @Override
  protected void data(ByteBuf data, boolean endStream) {
    Listener to = listener;
    if (to == null || !answered) {
      reset(to == null ? Http2Error.CANCEL : Http2Error.PROTOCOL_ERROR);
      return;
    }
    to.received(
        !endStream
            ? new DefaultHttpContent(data.retain())
            : data.isReadable()
                ? new DefaultLastHttpContent(data.retain())
                : new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER));
  }

  @Override
  protected void resetByPeer(long errorCode) {
    refused = !answered && errorCode == Http2Error.REFUSED_STREAM.code();
  }

  @Override
  protected void notServed() {
    refused = !answered;
  }

  @Override
  protected void readComplete() {
    if (listener != null) {
      listener.readComplete();
    }
  }

  @Override
  protected void writable() {
    if (listener != null) {
      listener.writabilityChanged(true);
    }
  }

  @Override
  protected void closed() {
    upstream.ended();
    Listener to = listener;
    listener = null;
    if (to != null) {
      to.broken(refused);
    }
  }

  // ---- the exchange ----

  @Override
  public Channel connection() {
    return upstream.channel();
  }

  @Override
  public boolean http2() {
    return true;
  }

  @Override
  public boolean reused() {
    return reused;
  }

  @Override
  public Host host() {
    return host;
  }

  @Override
  public Channel tunnel() {
    listener = null;
    Channel connection = upstream.channel();
    InternalChannel.Pair pair =
        InternalChannel.pair(
            (InetSocketAddress) connection.localAddress(),
            (InetSocketAddress) connection.remoteAddress());
    for (Channel end : List.of(pair.client(), pair.server())) {
      end.config().setAutoRead(false);
      end.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
      connection.eventLoop().register(end);
    }
    tunnel(pair.server(), () -> {}).start(new ArrayDeque<>(), false);
    return pair.client();
  }

  @Override
  public void release(boolean reusable) {
    listener = null;
    if (!reusable) {
      reset(Http2Error.CANCEL);
    }
  }
}
