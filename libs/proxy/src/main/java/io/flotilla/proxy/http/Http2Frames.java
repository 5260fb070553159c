// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.proxy.http2.BlockDecoder;
import io.flotilla.proxy.http2.CountedAcks;
import io.flotilla.proxy.internal.Http2Counters.Flood;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionDecoder;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionEncoder;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2FrameReader;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * The frames of an HTTP/2 server: Netty's, and before it what Netty leaves open: floods of frames,
 * streams that are opened again or backwards (RFC 9113, section 5.1).
 */
final class Http2Frames {
  private static final int CONTINUATIONS = 8;
  private static final int FRAME = 16 * 1024;

  private Http2Frames() {}

  static Http2ConnectionEncoder encoder(Http2Connection connection, Http2Floods floods) {
    return new DefaultHttp2ConnectionEncoder(connection, new Writer(floods));
  }

  static Http2ConnectionDecoder decoder(
      Http2ConnectionEncoder encoder, Http2Floods floods, long maxHeaders) {
    Http2FrameReader reader =
        new Watched(
            new DefaultHttp2FrameReader(new BlockDecoder(maxHeaders)),
            encoder.connection(),
            floods);
    return new DefaultHttp2ConnectionDecoder(encoder.connection(), encoder, reader);
  }

  /** How many CONTINUATION frames a block of headers may take. */
  static int continuations(long maxHeaders) {
    return CONTINUATIONS + (int) (maxHeaders / FRAME);
  }

  private static final class Writer extends CountedAcks {
    private final Http2Floods floods;

    Writer(Http2Floods floods) {
      this.floods = floods;
    }

    @Override
    public ChannelFuture writeData(
        ChannelHandlerContext context,
        int streamId,
        ByteBuf data,
        int padding,
        boolean endStream,
        ChannelPromise promise) {
      floods.sentData();
      return super.writeData(context, streamId, data, padding, endStream, promise);
    }

    @Override
    public ChannelFuture writeRstStream(
        ChannelHandlerContext context, int streamId, long errorCode, ChannelPromise promise) {
      // What ends without an error, or because an upstream broke off, is not the client's doing.
      if (errorCode != Http2Error.NO_ERROR.code() && errorCode != Http2Error.CANCEL.code()) {
        floods.sentReset();
      }
      return super.writeRstStream(context, streamId, errorCode, promise);
    }

    @Override
    protected void ackWaits() {
      floods.ackWaits();
    }

    @Override
    protected void ackSent() {
      floods.ackSent();
    }
  }

  /** Looks at each frame before the decoder does. */
  private static final class Watched implements Http2FrameReader {
    private final Http2FrameReader reader;
    private final Http2Connection connection;
    private final Http2Floods floods;
    private @Nullable Http2FrameListener known;
    private @Nullable Http2FrameListener watched;
    // Bytes from the reader's index on that were looked at.
    private long ahead;

    Watched(Http2FrameReader reader, Http2Connection connection, Http2Floods floods) {
      this.reader = reader;
      this.connection = connection;
      this.floods = floods;
    }

    @Override
    public void readFrame(ChannelHandlerContext context, ByteBuf input, Http2FrameListener listener)
        throws Http2Exception {
      if (floods.hasEnded()) {
        input.skipBytes(input.readableBytes());
        return;
      }
      while (input.readableBytes() - ahead >= Http2FrameHeader.LENGTH) {
        int at = input.readerIndex() + (int) ahead;
        int length = input.getUnsignedMedium(at);
        floods.received(input.getByte(at + 3), length, input.getByte(at + 4));
        calm();
        ahead += Http2FrameHeader.LENGTH + length;
      }
      if (known != listener || watched == null) {
        known = listener;
        watched = new Streams(listener, connection);
      }
      int before = input.readerIndex();
      try {
        reader.readFrame(context, input, watched);
      } finally {
        ahead = Math.max(0, ahead - (input.readerIndex() - before));
      }
      calm();
    }

    private void calm() throws Http2Exception {
      Flood flood = floods.overdrawn();
      if (flood != null) {
        throw Http2Exception.connectionError(
            Http2Error.ENHANCE_YOUR_CALM, "too many frames that do no work: %s", flood);
      }
    }

    @Override
    public Configuration configuration() {
      return reader.configuration();
    }

    @Override
    public void close() {
      reader.close();
    }
  }

  /** Which streams the client opened and ended, as far back as a late frame may honestly refer. */
  private static final class Streams extends Http2FrameListenerDecorator {
    private static final int REMEMBERED = 1024;

    private final Http2Connection connection;
    private final BitSet opened = new BitSet(REMEMBERED);
    private final BitSet ended = new BitSet(REMEMBERED);
    private int highest = -1;

    Streams(Http2FrameListener listener, Http2Connection connection) {
      super(listener);
      this.connection = connection;
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext context,
        int streamId,
        Http2Headers headers,
        int padding,
        boolean endStream)
        throws Http2Exception {
      headers(streamId, endStream);
      super.onHeadersRead(context, streamId, headers, padding, endStream);
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext context,
        int streamId,
        Http2Headers headers,
        int dependency,
        short weight,
        boolean exclusive,
        int padding,
        boolean endStream)
        throws Http2Exception {
      headers(streamId, endStream);
      super.onHeadersRead(
          context, streamId, headers, dependency, weight, exclusive, padding, endStream);
    }

    @Override
    public int onDataRead(
        ChannelHandlerContext context, int streamId, ByteBuf data, int padding, boolean endStream)
        throws Http2Exception {
      if (endStream) {
        end(streamId);
      }
      return super.onDataRead(context, streamId, data, padding, endStream);
    }

    @Override
    public void onRstStreamRead(ChannelHandlerContext context, int streamId, long errorCode)
        throws Http2Exception {
      end(streamId);
      super.onRstStreamRead(context, streamId, errorCode);
    }

    private void headers(int streamId, boolean endStream) throws Http2Exception {
      int number = streamId >>> 1;
      if ((streamId & 1) == 1 && number > highest) {
        forget(number);
        opened.set(number % REMEMBERED);
        highest = number;
      } else if (isRemembered(streamId)) {
        if (!opened.get(number % REMEMBERED)) {
          throw Http2Exception.connectionError(
              Http2Error.PROTOCOL_ERROR, "stream %d is opened after a higher one", streamId);
        }
        if (ended.get(number % REMEMBERED) && connection.stream(streamId) != null) {
          throw Http2Exception.streamError(
              streamId, Http2Error.STREAM_CLOSED, "headers on stream %d after its end", streamId);
        }
        if (ended.get(number % REMEMBERED)) {
          throw Http2Exception.connectionError(
              Http2Error.STREAM_CLOSED, "headers on stream %d after its end", streamId);
        }
      }
      if (endStream) {
        end(streamId);
      }
    }

    private boolean isRemembered(int streamId) {
      int number = streamId >>> 1;
      return (streamId & 1) == 1 && number <= highest && number > highest - REMEMBERED;
    }

    private void end(int streamId) {
      if (isRemembered(streamId)) {
        ended.set((streamId >>> 1) % REMEMBERED);
      }
    }

    private void forget(int upTo) {
      int first = Math.max(highest + 1, upTo - REMEMBERED + 1);
      for (int number = first; number <= upTo; number++) {
        opened.clear(number % REMEMBERED);
        ended.clear(number % REMEMBERED);
      }
    }
  }
}
