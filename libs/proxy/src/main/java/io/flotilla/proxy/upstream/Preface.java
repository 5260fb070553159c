// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.flotilla.model.cluster.TransportMatch.ProxyHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.util.NetUtil;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The PROXY protocol's header at the start of an upstream connection (haproxy's proxy-protocol.txt,
 * 2.1 and 2.2), and with it what tells such connections apart.
 *
 * @param source null where no client is behind the connection: the text form then tells the
 *     connection's own addresses, as Envoy's does, the binary form LOCAL
 */
record Preface(
    ProxyHeader version,
    @Nullable InetSocketAddress source,
    @Nullable InetSocketAddress destination) {
  private static final byte[] SIGNATURE =
      "\r\n\r\n\0\r\nQUIT\n".getBytes(StandardCharsets.ISO_8859_1);
  private static final int LOCAL = 0x20;
  private static final int PROXY = 0x21;
  private static final int TCP4 = 0x11;
  private static final int TCP6 = 0x21;

  static Preface of(ProxyHeader version, @Nullable Origin origin) {
    return origin == null
        ? new Preface(version, null, null)
        : new Preface(version, origin.source(), origin.destination());
  }

  /** What is sent on a connection between the two addresses. */
  ByteBuf header(SocketAddress local, SocketAddress remote) {
    return switch (version) {
      case V1 ->
          source == null || destination == null ? text(local, remote) : text(source, destination);
      case V2 -> binary();
    };
  }

  private static ByteBuf text(SocketAddress from, SocketAddress to) {
    if (!(from instanceof InetSocketAddress source && to instanceof InetSocketAddress destination)
        || !ofOneFamily(source, destination)) {
      return Unpooled.copiedBuffer("PROXY UNKNOWN\r\n", StandardCharsets.US_ASCII);
    }
    String line =
        "PROXY "
            + (source.getAddress() instanceof Inet4Address ? "TCP4 " : "TCP6 ")
            + NetUtil.toAddressString(source.getAddress())
            + " "
            + NetUtil.toAddressString(destination.getAddress())
            + " "
            + source.getPort()
            + " "
            + destination.getPort()
            + "\r\n";
    return Unpooled.copiedBuffer(line, StandardCharsets.US_ASCII);
  }

  private ByteBuf binary() {
    ByteBuf out = Unpooled.buffer(SIGNATURE.length + 4 + 36).writeBytes(SIGNATURE);
    if (source == null || destination == null || !ofOneFamily(source, destination)) {
      return out.writeByte(LOCAL).writeByte(0).writeShort(0);
    }
    byte[] from = source.getAddress().getAddress();
    byte[] to = destination.getAddress().getAddress();
    return out.writeByte(PROXY)
        .writeByte(from.length == 4 ? TCP4 : TCP6)
        .writeShort(from.length + to.length + 4)
        .writeBytes(from)
        .writeBytes(to)
        .writeShort(source.getPort())
        .writeShort(destination.getPort());
  }

  private static boolean ofOneFamily(InetSocketAddress one, InetSocketAddress other) {
    InetAddress a = one.getAddress();
    InetAddress b = other.getAddress();
    return a != null && b != null && a.getAddress().length == b.getAddress().length;
  }

  /** Puts the header first on the connection; must come before what else speaks at its start. */
  void announceOn(Channel connection) {
    if (connection.isActive()) {
      // Within the process nobody connects.
      connection.writeAndFlush(header(connection.localAddress(), connection.remoteAddress()));
      return;
    }
    connection.pipeline().addLast("preface", new Announcement(this));
  }

  private static final class Announcement extends ChannelOutboundHandlerAdapter {
    private final Preface preface;

    Announcement(Preface preface) {
      this.preface = preface;
    }

    // Whoever waits for the connection, or hears of it as active, may write: the header is first.
    @Override
    public void connect(
        ChannelHandlerContext context,
        SocketAddress remote,
        @Nullable SocketAddress local,
        ChannelPromise promise) {
      ChannelPromise connected = context.newPromise();
      connected.addListener(
          (ChannelFuture done) -> {
            if (!done.isSuccess()) {
              promise.tryFailure(done.cause());
              return;
            }
            Channel channel = done.channel();
            context.writeAndFlush(preface.header(channel.localAddress(), channel.remoteAddress()));
            context.pipeline().remove(this);
            promise.trySuccess();
          });
      context.connect(remote, local, connected);
    }
  }
}
