// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.tcp;

import io.flotilla.model.listener.TcpProxy.Tunnel;
import io.flotilla.proxy.upstream.UpstreamStream;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks an HTTP proxy upstream for a tunnel: CONNECT (RFC 9110, section 9.3.6; RFC 9113, section
 * 8.5) or POST, as Envoy's TCP proxy does. Told what comes of it once.
 */
final class TunnelRequest implements UpstreamStream.Listener {
  private final Tunnel tunnel;
  private final String authority;
  private final Splice splice;
  private final Consumer<Channel> opened;
  private final Consumer<Throwable> failed;
  private @Nullable UpstreamStream stream;
  private boolean over;

  /**
   * @param authority "host:port" that is asked for
   * @param splice goes onto the stream once it is a tunnel
   */
  TunnelRequest(
      Tunnel tunnel,
      String authority,
      Splice splice,
      Consumer<Channel> opened,
      Consumer<Throwable> failed) {
    this.tunnel = tunnel;
    this.authority = authority;
    this.splice = splice;
    this.opened = opened;
    this.failed = failed;
  }

  void send(UpstreamStream to) {
    if (over) {
      to.release(!to.http2());
      return;
    }
    stream = to;
    to.write(request());
    if (!to.http2() && !tunnel.post()) {
      to.write(LastHttpContent.EMPTY_LAST_CONTENT);
    }
    to.flush();
    to.read();
  }

  private HttpRequest request() {
    HttpRequest request =
        new DefaultHttpRequest(
            HttpVersion.HTTP_1_1,
            tunnel.post() ? HttpMethod.POST : HttpMethod.CONNECT,
            tunnel.post() ? "/" : authority);
    request.headers().set(HttpHeaderNames.HOST, authority);
    if (tunnel.post()) {
      request.headers().set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
    }
    return request;
  }

  /** Nobody waits any longer. */
  void cancel(String why) {
    fail(new IOException(why));
  }

  /** There is nobody to ask. */
  void notConnected(Throwable cause) {
    fail(cause);
  }

  @Override
  public void received(Object message) {
    UpstreamStream from = stream;
    if (over || from == null) {
      ReferenceCountUtil.release(message);
      return;
    }
    if (!(message instanceof HttpResponse response)) {
      // What belongs to an interim answer.
      ReferenceCountUtil.release(message);
      return;
    }
    int status = response.status().code();
    boolean whole = message instanceof LastHttpContent && from.http2();
    boolean malformed = response.decoderResult().isFailure();
    ReferenceCountUtil.release(message);
    if (malformed || status / 100 != 1 && status / 100 != 2 || status == 101) {
      cancel(
          "the proxy upstream answered " + status + " to the request for a tunnel to " + authority);
    } else if (status / 100 == 2 && whole) {
      cancel("the proxy upstream ended the tunnel to " + authority + " as it began");
    } else if (status / 100 == 2) {
      open(from);
    }
  }

  private void open(UpstreamStream from) {
    over = true;
    Channel channel = from.tunnel();
    ChannelPipeline pipeline = channel.pipeline();
    if (from.http2()) {
      pipeline.addLast("splice", splice);
    } else {
      channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
      if (tunnel.post()) {
        pipeline.addLast("tunnel", new ChunkedTunnel());
      }
      pipeline.addLast("splice", splice);
      pipeline.remove("upstream");
      if (!tunnel.post()) {
        // What it holds already are bytes of the tunnel.
        pipeline.remove("codec");
      }
    }
    opened.accept(channel);
  }

  private void fail(Throwable cause) {
    if (over) {
      return;
    }
    over = true;
    UpstreamStream from = stream;
    stream = null;
    if (from != null) {
      from.release(false);
    }
    failed.accept(cause);
  }

  @Override
  public void readComplete() {
    UpstreamStream from = stream;
    if (!over && from != null) {
      from.read();
    }
  }

  @Override
  public void writabilityChanged(boolean writable) {}

  @Override
  public void broken(boolean refused) {
    stream = null;
    cancel("the proxy upstream closed instead of opening a tunnel to " + authority);
  }
}
