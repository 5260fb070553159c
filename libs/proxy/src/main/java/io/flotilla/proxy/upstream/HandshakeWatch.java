// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;

/** Takes the exceptions of a handshake, whose future tells of them already; then it is gone. */
@Sharable
final class HandshakeWatch extends ChannelInboundHandlerAdapter {
  static final HandshakeWatch INSTANCE = new HandshakeWatch();

  private HandshakeWatch() {}

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof SslHandshakeCompletionEvent shaken && shaken.isSuccess()) {
      context.pipeline().remove(this);
    }
    context.fireUserEventTriggered(event);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close();
  }
}
