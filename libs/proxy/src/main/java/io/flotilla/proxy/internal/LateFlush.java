// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.internal;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;

/**
 * Flushes a connection that many streams share once a turn of the event loop, when all that was
 * ready is read, in place of once a stream: a system call for each frame costs more than all else
 * that is done for it.
 */
public final class LateFlush extends ChannelOutboundHandlerAdapter {
  private boolean wanted;

  @Override
  public void flush(ChannelHandlerContext context) {
    if (!wanted) {
      wanted = true;
      context.executor().execute(() -> flushNow(context));
    }
  }

  private void flushNow(ChannelHandlerContext context) {
    wanted = false;
    context.flush();
  }
}
