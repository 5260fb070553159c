// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http2;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.DefaultHttp2FrameWriter;

/**
 * Counts the acknowledgements that wait to be sent: who asks for them and does not read them would
 * fill the memory.
 */
public abstract class CountedAcks extends DefaultHttp2FrameWriter {
  /** One more waits. */
  protected abstract void ackWaits();

  /** One of those that waited was sent, or never will be. */
  protected abstract void ackSent();

  @Override
  public ChannelFuture writeSettingsAck(ChannelHandlerContext context, ChannelPromise promise) {
    return acknowledgement(super.writeSettingsAck(context, promise));
  }

  @Override
  public ChannelFuture writePing(
      ChannelHandlerContext context, boolean ack, long data, ChannelPromise promise) {
    ChannelFuture written = super.writePing(context, ack, data, promise);
    return ack ? acknowledgement(written) : written;
  }

  private ChannelFuture acknowledgement(ChannelFuture written) {
    if (!written.isDone()) {
      ackWaits();
      written.addListener(sent -> ackSent());
    }
    return written;
  }
}
