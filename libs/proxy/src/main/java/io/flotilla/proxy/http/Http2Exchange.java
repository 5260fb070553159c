// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.proxy.internal.Downstream;
import io.flotilla.proxy.internal.EngineState;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/** The one exchange of an HTTP/2 stream. */
final class Http2Exchange extends ChannelInboundHandlerAdapter {
  private final EngineState engine;
  private final Downstream downstream;
  private final HttpConnectionManager manager;
  private @Nullable Exchange exchange;

  Http2Exchange(EngineState engine, Downstream downstream, HttpConnectionManager manager) {
    this.engine = engine;
    this.downstream = downstream;
    this.manager = manager;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof HttpRequest request) {
      exchange =
          new Exchange(
              engine,
              downstream,
              downstream.terms().manager(manager),
              context.channel(),
              true,
              whole -> {
                if (!whole) {
                  context.close();
                }
              });
      exchange.head(request);
      if (!(message instanceof HttpContent)) {
        return;
      }
    }
    if (message instanceof HttpContent content && exchange != null) {
      exchange.body(content);
      return;
    }
    ReferenceCountUtil.release(message);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    context.flush();
    if (exchange == null) {
      context.read();
    } else {
      exchange.readMoreOfRequest();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (exchange != null && context.channel().isWritable()) {
      exchange.readMoreOfAnswer();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof Http2ResetFrame reset) {
      ReferenceCountUtil.release(reset);
      context.close();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    if (exchange != null) {
      exchange.clientGone();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (cause instanceof Http2Exception wrong) {
      // The multiplexer resets the stream with the error that it names.
      if (wrong.error() == Http2Error.PROTOCOL_ERROR) {
        engine.http2().countMalformed();
      }
      return;
    }
    context.close();
  }
}
