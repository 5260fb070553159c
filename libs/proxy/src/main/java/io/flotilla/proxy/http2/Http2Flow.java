// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/**
 * One stream of a {@link Http2Link}. What comes is handed on at once; the window of the sender
 * grows again only where {@link #read} says that there is room. A head waits for what follows it,
 * or for a flush, so that it can end the stream by itself.
 */
public abstract class Http2Flow {
  private final Http2Link link;
  private @Nullable Http2Stream stream;
  private @Nullable Http2Headers head;
  private @Nullable Http2Tunnel tunnel;
  private int unread;
  private boolean reading;
  private boolean receivedEnd;
  private boolean wrote;
  private boolean sentEnd;
  private boolean over;

  protected Http2Flow(Http2Link link) {
    this.link = link;
  }

  // ---- what comes ----

  /** The head of a message, or its trailers. */
  protected abstract void headers(Http2Headers headers, boolean endStream) throws Http2Exception;

  /** A part of a body, to be retained by whoever keeps it. */
  protected abstract void data(ByteBuf data, boolean endStream) throws Http2Exception;

  /** The other side reset the stream, which is over after that. */
  protected abstract void resetByPeer(long errorCode);

  /** The other side goes away without having looked at the stream, which is over after that. */
  protected void notServed() {}

  /** A read of the connection in which this stream took part ended. */
  protected abstract void readComplete();

  /** It takes more again. */
  protected abstract void writable();

  /** The stream is over, by whatever ended it. */
  protected abstract void closed();

  // ---- what goes ----

  /** Writes a head, a part of a body, its last part, or all in one; taken over. */
  public final void write(Object message) {
    if (over) {
      ReferenceCountUtil.release(message);
      return;
    }
    if (message instanceof HttpResponse response
        && response.status().codeClass() == HttpStatusClass.INFORMATIONAL) {
      // Whole as a message, but not the last of its stream.
      writeHeaders(HeaderBlocks.of(response), false);
      ReferenceCountUtil.release(message);
      return;
    }
    if (message instanceof HttpMessage begins) {
      head =
          begins instanceof HttpRequest request
              ? HeaderBlocks.of(request, link.isSecure())
              : HeaderBlocks.of((HttpResponse) begins);
    }
    if (message instanceof LastHttpContent last) {
      writeLast(last);
    } else if (message instanceof HttpContent part) {
      writeData(part.content(), false);
    }
  }

  private void writeLast(LastHttpContent last) {
    boolean trailed = !last.trailingHeaders().isEmpty();
    if (last.content().isReadable()) {
      writeData(last.content(), !trailed);
    } else {
      last.release();
      if (!trailed && !sendHead(true)) {
        writeData(Unpooled.EMPTY_BUFFER, true);
      }
    }
    if (trailed) {
      sendHead(false);
      writeHeaders(HeaderBlocks.of(last.trailingHeaders()), true);
    }
  }

  // Whether there was one.
  private boolean sendHead(boolean endStream) {
    Http2Headers waiting = head;
    head = null;
    if (waiting != null && !over) {
      writeHeaders(waiting, endStream);
    }
    return waiting != null;
  }

  private void writeHeaders(Http2Headers headers, boolean endStream) {
    wrote = true;
    sentEnd |= endStream;
    Http2Stream to = stream;
    int id = to == null ? link.connection().local().incrementAndGetNextStreamId() : to.id();
    if (over || id < 0) {
      end();
      return;
    }
    ChannelFuture written =
        link.encoder()
            .writeHeaders(link.context(), id, headers, 0, endStream, link.context().newPromise());
    if (to == null) {
      Http2Stream opened = link.connection().stream(id);
      if (opened == null || written.cause() != null) {
        end();
      } else {
        bind(opened);
      }
    }
  }

  /** Writes bytes; taken over. */
  protected final ChannelFuture writeData(ByteBuf data, boolean endStream) {
    sendHead(false);
    wrote = true;
    sentEnd |= endStream;
    Http2Stream to = stream;
    if (to == null || over) {
      data.release();
      return link.context().newFailedFuture(new IllegalStateException("the stream is over"));
    }
    return link.encoder()
        .writeData(link.context(), to.id(), data, 0, endStream, link.context().newPromise());
  }

  /** Sends what was written, soon. */
  public final void flush() {
    sendHead(false);
    link.flushSoon();
  }

  /** Whether the other side, and the connection, take more. */
  public final boolean isWritable() {
    Http2Stream to = stream;
    return to == null
        ? link.context().channel().isWritable()
        : !over && link.remoteWindows().isWritable(to);
  }

  /** What came is worked on: the sender may send as much again. */
  public final void read() {
    Http2Stream from = stream;
    int bytes = unread;
    unread = 0;
    if (from == null || over || bytes == 0) {
      return;
    }
    try {
      if (link.localWindows().consumeBytes(from, bytes)) {
        link.flushSoon();
      }
    } catch (Http2Exception e) {
      link.onError(link.context(), true, e);
    }
  }

  /** Resets the stream, where something is still to come from one of the sides. */
  protected final void reset(Http2Error error) {
    if (receivedEnd && sentEnd) {
      return;
    }
    sendHead(false);
    Http2Stream which = stream;
    if (which != null && !over) {
      if (wrote) {
        // What was written before is not taken back.
        link.flush(link.context());
      }
      link.encoder()
          .writeRstStream(link.context(), which.id(), error.code(), link.context().newPromise());
      link.flushSoon();
    }
    end();
  }

  /**
   * Makes a tunnel of the stream, to and from this channel.
   *
   * @param ended runs once, when both are gone
   */
  protected final Http2Tunnel tunnel(Channel to, Runnable ended) {
    Http2Tunnel opened = new Http2Tunnel(this, to, ended);
    to.pipeline().addLast("tunnel", opened);
    tunnel = opened;
    return opened;
  }

  protected final boolean isTunnel() {
    return tunnel != null;
  }

  // ---- the link ----

  final void bind(Http2Stream to) {
    stream = to;
    link.bind(to, this);
  }

  final void onHeaders(Http2Headers headers, boolean endStream) throws Http2Exception {
    receivedEnd |= endStream;
    Http2Tunnel through = tunnel;
    if (through == null) {
      headers(headers, endStream);
    } else if (endStream) {
      through.streamEnded();
    }
  }

  final void onData(ByteBuf data, boolean endStream) throws Http2Exception {
    unread += data.readableBytes();
    receivedEnd |= endStream;
    Http2Tunnel through = tunnel;
    if (through == null) {
      data(data, endStream);
      return;
    }
    through.data(data);
    if (endStream) {
      through.streamEnded();
    }
  }

  /** Whether this is the first that comes in this read. */
  final boolean startRead() {
    boolean first = !reading;
    reading = true;
    return first;
  }

  final void onReadComplete() {
    reading = false;
    if (tunnel == null) {
      readComplete();
    } else {
      tunnel.streamReadComplete();
    }
  }

  final void onWritable() {
    if (tunnel == null) {
      writable();
    } else {
      tunnel.streamWritable();
    }
  }

  final void end() {
    if (!over) {
      over = true;
      closed();
      if (tunnel != null) {
        tunnel.streamGone();
      }
    }
  }
}
