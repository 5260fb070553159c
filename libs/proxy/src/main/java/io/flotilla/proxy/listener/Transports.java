// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.listener;

import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.RawUnixChannelOption;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Optional;

/** Epoll where it is to be had, NIO elsewhere. */
public final class Transports {
  private static final int SOL_IP = 0;
  private static final int SO_ORIGINAL_DST = 80;
  private static final RawUnixChannelOption ORIGINAL_DST =
      new RawUnixChannelOption("SO_ORIGINAL_DST", SOL_IP, SO_ORIGINAL_DST, 16);

  private Transports() {}

  /** One loop, on a thread of this name. */
  public static EventLoopGroup loop(String name) {
    DefaultThreadFactory threads = new DefaultThreadFactory(name, true);
    return Epoll.isAvailable()
        ? new EpollEventLoopGroup(1, threads)
        : new NioEventLoopGroup(1, threads);
  }

  /** The class of listening sockets. */
  public static Class<? extends ServerChannel> serverType() {
    return Epoll.isAvailable() ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
  }

  /** The class of connections. */
  public static Class<? extends Channel> channelType() {
    return Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class;
  }

  /** Where a connection that iptables redirected meant to go; empty when it was not redirected. */
  static Optional<InetSocketAddress> originalDestination(Channel channel) {
    if (!(channel instanceof EpollSocketChannel epoll)) {
      return Optional.empty();
    }
    try {
      ByteBuffer address = epoll.config().getOption(ORIGINAL_DST);
      if (address == null || address.remaining() < 8) {
        return Optional.empty();
      }
      // struct sockaddr_in: family, port and address in network order.
      int port = (address.get(2) & 0xff) << 8 | (address.get(3) & 0xff);
      byte[] ip = {address.get(4), address.get(5), address.get(6), address.get(7)};
      return Optional.of(new InetSocketAddress(InetAddress.getByAddress(ip), port));
    } catch (io.netty.channel.ChannelException | UnknownHostException notRedirected) {
      return Optional.empty();
    }
  }
}
