// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.proxy.internal.Downstream;
import io.flotilla.proxy.internal.EngineState;
import io.flotilla.proxy.internal.Sweep;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The exchanges of an HTTP/1 connection. A pipelined request waits until the one before it ended.
 */
final class Http1Exchanges extends ChannelInboundHandlerAdapter implements Sweep.Timed {
  private static final Duration HEAD_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration IDLE_TIMEOUT = Duration.ofHours(1);
  private static final long DRAIN_GRACE_NANOS = Duration.ofMillis(500).toNanos();

  private final EngineState engine;
  private final Downstream downstream;
  private final HttpConnectionManager manager;
  private final ArrayDeque<Object> waiting = new ArrayDeque<>();
  private @Nullable Exchange current;
  private boolean requestEnded;
  // Nothing that still comes is a request any more.
  private boolean closing;
  private @Nullable ChannelHandlerContext context;
  // When the connection became idle, and when the first byte of a head came; 0: not so.
  private long idleSince = System.nanoTime();
  private long headSince;

  Http1Exchanges(EngineState engine, Downstream downstream, HttpConnectionManager manager) {
    this.engine = engine;
    this.downstream = downstream;
    this.manager = manager;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
    engine.sweep().add(this);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext removed) {
    engine.sweep().remove(this);
    waiting.forEach(ReferenceCountUtil::release);
    waiting.clear();
  }

  /** Bytes came, of a head or of a body. */
  void bytes() {
    if (current == null && headSince == 0) {
      headSince = System.nanoTime();
    }
  }

  @Override
  public void tick(long now) {
    if (current != null || context == null) {
      return;
    }
    Duration head = manager.requestHeadersTimeout();
    if (headSince != 0) {
      if (now - headSince > (head.isZero() ? HEAD_TIMEOUT : head).toNanos()) {
        close(context);
      }
      return;
    }
    long idle =
        downstream.terms().isDraining()
            ? DRAIN_GRACE_NANOS
            : manager.idleTimeout().orElse(IDLE_TIMEOUT).toNanos();
    if (idle > 0 && now - idleSince > idle) {
      close(context);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (closing) {
      ReferenceCountUtil.release(message);
      return;
    }
    if (current != null && requestEnded) {
      waiting.add(message);
      return;
    }
    take(context, message);
  }

  private void take(ChannelHandlerContext context, Object message) {
    if (message instanceof HttpRequest request) {
      requestEnded = false;
      headSince = 0;
      idleSince = 0;
      current =
          new Exchange(
              engine,
              downstream,
              downstream.terms().manager(manager),
              new Http1Client(context.channel()),
              false,
              keep -> ended(context, keep));
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

  private void close(ChannelHandlerContext context) {
    closing = true;
    context.close();
  }

  private void ended(ChannelHandlerContext context, boolean keepAlive) {
    current = null;
    idleSince = System.nanoTime();
    if (!keepAlive || !requestEnded || downstream.terms().isDraining()) {
      closing = true;
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
    // A request may be on its way to an idle connection: it gets its answer, then the connection
    // ends.
    if (event instanceof HttpServer.DrainEvent && current == null) {
      idleSince = System.nanoTime();
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
    close(context);
  }
}
