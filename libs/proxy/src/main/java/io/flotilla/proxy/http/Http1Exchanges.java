// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.proxy.internal.Downstream;
import io.flotilla.proxy.internal.EngineState;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The exchanges of an HTTP/1 connection. A pipelined request waits until the one before it ended.
 */
final class Http1Exchanges extends ChannelInboundHandlerAdapter {
  private final EngineState engine;
  private final Downstream downstream;
  private final HttpConnectionManager manager;
  private final ArrayDeque<Object> waiting = new ArrayDeque<>();
  private @Nullable Exchange current;
  private boolean requestEnded;

  Http1Exchanges(EngineState engine, Downstream downstream, HttpConnectionManager manager) {
    this.engine = engine;
    this.downstream = downstream;
    this.manager = manager;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (current != null && requestEnded) {
      waiting.add(message);
      return;
    }
    take(context, message);
  }

  private void take(ChannelHandlerContext context, Object message) {
    if (message instanceof HttpRequest request) {
      requestEnded = false;
      current =
          new Exchange(
              engine, downstream, manager, context.channel(), false, keep -> ended(context, keep));
      // A full request is head and content in one.
      current.head(request);
      if (!(message instanceof HttpContent)) {
        return;
      }
    }
    Exchange exchange = current;
    if (message instanceof HttpContent content) {
      if (content instanceof LastHttpContent) {
        requestEnded = true;
      }
      if (exchange == null) {
        content.release();
      } else {
        exchange.body(content);
      }
      return;
    }
    ReferenceCountUtil.release(message);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    context.flush();
    Exchange exchange = current;
    if (exchange == null) {
      context.read();
    } else {
      exchange.readMoreOfRequest();
    }
  }

  private void ended(ChannelHandlerContext context, boolean keepAlive) {
    current = null;
    if (!keepAlive || !requestEnded || downstream.drain().isSet()) {
      waiting.forEach(ReferenceCountUtil::release);
      waiting.clear();
      context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
      return;
    }
    while (current == null || !requestEnded) {
      Object next = waiting.poll();
      if (next == null) {
        break;
      }
      take(context, next);
    }
    context.read();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof HttpServer.DrainEvent && current == null) {
      context.close();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    Exchange exchange = current;
    if (exchange != null && context.channel().isWritable()) {
      exchange.readMoreOfAnswer();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    waiting.forEach(ReferenceCountUtil::release);
    waiting.clear();
    Exchange exchange = current;
    current = null;
    if (exchange != null) {
      exchange.clientGone();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close();
  }
}
