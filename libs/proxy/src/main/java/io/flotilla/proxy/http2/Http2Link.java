// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2LocalFlowController;
import io.netty.handler.codec.http2.Http2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;
import io.netty.handler.ssl.SslHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A connection of HTTP/2, as the last handler of its channel. Each stream is a {@link Http2Flow}.
 * What streams write is sent once a turn of the event loop, when all that was ready is read: a
 * system call for each frame would cost more than all else that is done for it.
 */
public abstract class Http2Link extends Http2ConnectionHandler {
  private static final long GRACE_MILLIS = 30_000;

  private final Http2Connection.PropertyKey key;
  private final int window;
  private final List<Http2Flow> readFrom = new ArrayList<>();
  private @Nullable ChannelHandlerContext context;
  private boolean flushWanted;
  private boolean secure;

  protected Http2Link(
      Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
    super(decoder, encoder, settings);
    key = connection().newKey();
    window = Objects.requireNonNull(settings.initialWindowSize());
    gracefulShutdownTimeoutMillis(GRACE_MILLIS);
    decoder.frameListener(new Frames());
    connection().addListener(new Streams());
    remoteWindows().listener(this::writabilityChanged);
  }

  /**
   * Shares what a connection may send among its streams; to be called before an encoder is made.
   */
  protected static <T extends Http2Connection> T fair(T connection) {
    connection
        .remote()
        .flowController(
            new DefaultHttp2RemoteFlowController(
                connection, new UniformStreamByteDistributor(connection)));
    return connection;
  }

  /** A stream that the other side opens; null: nothing is known of it, and it is reset. */
  protected abstract @Nullable Http2Flow accept();

  /** The other side serves no further streams. */
  protected void goingAway() {}

  ChannelHandlerContext context() {
    return Objects.requireNonNull(context);
  }

  /** Whether the connection is under TLS. */
  boolean isSecure() {
    return secure;
  }

  Http2RemoteFlowController remoteWindows() {
    return encoder().flowController();
  }

  Http2LocalFlowController localWindows() {
    return decoder().flowController();
  }

  void bind(Http2Stream stream, Http2Flow flow) {
    stream.setProperty(key, flow);
  }

  /** Sends what is written, soon. */
  protected void flushSoon() {
    if (!flushWanted) {
      flushWanted = true;
      context().executor().execute(this::flushNow);
    }
  }

  private void flushNow() {
    flushWanted = false;
    flush(context());
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) throws Exception {
    context = added;
    secure = added.pipeline().get(SslHandler.class) != null;
    super.handlerAdded(added);
    // The setting is for streams alone. Twice the size, so that one cannot use it all.
    Http2Stream whole = connection().connectionStream();
    int more = window - localWindows().initialWindowSize(whole);
    if (more > 0) {
      localWindows().incrementWindowSize(whole, more * 2);
    }
    flush(added);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) throws Exception {
    for (int i = 0; i < readFrom.size(); i++) {
      readFrom.get(i).onReadComplete();
    }
    readFrom.clear();
    super.channelReadComplete(context);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) throws Exception {
    if (Http2CodecUtil.getEmbeddedHttp2Exception(cause) != null) {
      super.exceptionCaught(context, cause);
    } else {
      context.close();
    }
  }

  private void writabilityChanged(Http2Stream stream) {
    Http2Flow flow = stream.getProperty(key);
    if (flow != null && remoteWindows().isWritable(stream)) {
      flow.onWritable();
    }
  }

  @Override
  protected void onStreamError(
      ChannelHandlerContext context,
      boolean outbound,
      Throwable cause,
      Http2Exception.StreamException wrong) {
    if (!outbound && wrong.error() == Http2Error.PROTOCOL_ERROR) {
      malformed();
    }
    super.onStreamError(context, outbound, cause, wrong);
  }

  /** What came on a stream broke the protocol. */
  protected void malformed() {}

  private void read(Http2Flow flow) {
    if (flow.startRead()) {
      readFrom.add(flow);
    }
  }

  private final class Frames extends Http2FrameAdapter {
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
      onHeadersRead(context, streamId, headers, padding, endStream);
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext context,
        int streamId,
        Http2Headers headers,
        int padding,
        boolean endStream)
        throws Http2Exception {
      Http2Stream stream = connection().stream(streamId);
      Http2Flow flow = stream.getProperty(key);
      if (flow == null) {
        flow = accept();
        if (flow == null) {
          throw Http2Exception.streamError(
              streamId, Http2Error.REFUSED_STREAM, "nobody expects stream %d", streamId);
        }
        flow.bind(stream);
      }
      read(flow);
      flow.onHeaders(headers, endStream);
    }

    @Override
    public int onDataRead(
        ChannelHandlerContext context, int streamId, ByteBuf data, int padding, boolean endStream)
        throws Http2Exception {
      Http2Flow flow = connection().stream(streamId).getProperty(key);
      if (flow == null) {
        return data.readableBytes() + padding;
      }
      read(flow);
      flow.onData(data, endStream);
      return padding;
    }

    @Override
    public void onRstStreamRead(ChannelHandlerContext context, int streamId, long errorCode) {
      Http2Flow flow = connection().stream(streamId).getProperty(key);
      if (flow != null) {
        flow.resetByPeer(errorCode);
      }
    }

    @Override
    public void onGoAwayRead(
        ChannelHandlerContext context, int lastStreamId, long errorCode, ByteBuf debugData)
        throws Http2Exception {
      connection()
          .forEachActiveStream(
              stream -> {
                Http2Flow flow = stream.getProperty(key);
                if (flow != null && stream.id() > lastStreamId) {
                  flow.notServed();
                }
                return true;
              });
      goingAway();
    }
  }

  private final class Streams extends Http2ConnectionAdapter {
    @Override
    public void onStreamClosed(Http2Stream stream) {
      Http2Flow flow = stream.getProperty(key);
      if (flow != null) {
        flow.end();
      }
    }
  }
}
