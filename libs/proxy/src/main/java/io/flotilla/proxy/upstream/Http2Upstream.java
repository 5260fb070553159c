// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.flotilla.proxy.http2.BlockDecoder;
import io.flotilla.proxy.http2.CountedAcks;
import io.flotilla.proxy.http2.Http2Flow;
import io.flotilla.proxy.http2.Http2Link;
import io.netty.channel.Channel;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionDecoder;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionEncoder;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Settings;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A connection of HTTP/2 to an upstream, shared by many exchanges. */
final class Http2Upstream extends Http2Link {
  private static final int WINDOW = 1 << 20;
  private static final int MAX_STREAMS = 1_000;
  private static final int MAX_CONTROL_FRAMES = 10_000;

  private final Channel channel;
  private final int limit;
  private final Consumer<Http2Upstream> gone;
  private final Consumer<Http2Upstream> ended;
  private final long bornNanos = System.nanoTime();
  private int streams;
  private boolean goingAway;
  private long opened;

  /**
   * @param limit streams at a time; 0: the usual
   * @param gone told when the upstream goes away
   * @param ended told whenever a stream ended, so that there may be room for another
   */
  static Http2Upstream of(
      Channel channel, int limit, Consumer<Http2Upstream> gone, Consumer<Http2Upstream> ended) {
    Http2ConnectionEncoder encoder =
        new DefaultHttp2ConnectionEncoder(
            fair(new DefaultHttp2Connection(false)), new Writer(channel));
    DefaultHttp2ConnectionDecoder decoder =
        new DefaultHttp2ConnectionDecoder(
            encoder.connection(),
            encoder,
            new DefaultHttp2FrameReader(new BlockDecoder(Http2CodecUtil.DEFAULT_HEADER_LIST_SIZE)));
    return new Http2Upstream(channel, limit, gone, ended, decoder, encoder);
  }

  private Http2Upstream(
      Channel channel,
      int limit,
      Consumer<Http2Upstream> gone,
      Consumer<Http2Upstream> ended,
      Http2ConnectionDecoder decoder,
      Http2ConnectionEncoder encoder) {
    super(
        decoder,
        encoder,
        Http2Settings.defaultSettings().initialWindowSize(WINDOW).pushEnabled(false));
    this.channel = channel;
    this.limit = limit > 0 ? limit : MAX_STREAMS;
    this.gone = gone;
    this.ended = ended;
  }

  Channel channel() {
    return channel;
  }

  long opened() {
    return opened;
  }

  long bornNanos() {
    return bornNanos;
  }

  boolean hasRoom() {
    return !goingAway
        && channel.isActive()
        && streams < Math.min(limit, connection().local().maxActiveStreams());
  }

  UpstreamStream open(Host host, UpstreamStream.Listener listener) {
    streams++;
    opened++;
    return new Http2UpstreamStream(this, opened > 1, host, listener);
  }

  /** A stream is over. */
  void ended() {
    streams--;
    closeIfUnused();
    ended.accept(this);
  }

  /** Opens no more streams, and closes when the last ended. */
  void retire() {
    goingAway = true;
    closeIfUnused();
  }

  private void closeIfUnused() {
    if (goingAway && streams == 0) {
      channel.close();
    }
  }

  @Override
  protected @Nullable Http2Flow accept() {
    return null;
  }

  @Override
  protected void goingAway() {
    gone.accept(this);
    retire();
  }

  /** Gives up an upstream that asks for acknowledgements and does not read them. */
  private static final class Writer extends CountedAcks {
    private final Channel channel;
    private int waiting;

    Writer(Channel channel) {
      this.channel = channel;
    }

    @Override
    protected void ackWaits() {
      waiting++;
      if (waiting > MAX_CONTROL_FRAMES) {
        channel.close();
      }
    }

    @Override
    protected void ackSent() {
      waiting--;
    }
  }
}
