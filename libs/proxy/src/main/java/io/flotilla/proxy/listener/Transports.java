// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.listener;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.InternetProtocolFamily;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.channel.unix.RawUnixChannelOption;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Optional;

/** Epoll where it is to be had, NIO elsewhere. */
public final class Transports {
  private static final int SOL_IP = 0;
  private static final int SOL_IPV6 = 41;
  private static final int IPV6_V6ONLY = 26;
  private static final int SO_ORIGINAL_DST = 80;
  private static final int SOCKADDR_IN = 16;
  private static final int SOCKADDR_IN6 = 28;
  private static final RawUnixChannelOption ORIGINAL_DST =
      new RawUnixChannelOption("SO_ORIGINAL_DST", SOL_IP, SO_ORIGINAL_DST, SOCKADDR_IN);
  private static final RawUnixChannelOption ORIGINAL_DST_V6 =
      new RawUnixChannelOption("IP6T_SO_ORIGINAL_DST", SOL_IPV6, SO_ORIGINAL_DST, SOCKADDR_IN6);
  private static final IntegerUnixChannelOption V6_ONLY =
      new IntegerUnixChannelOption("IPV6_V6ONLY", SOL_IPV6, IPV6_V6ONLY);

  private Transports() {}

  /** One loop, on a thread of this name. */
  public static EventLoopGroup loop(String name) {
    DefaultThreadFactory threads = new DefaultThreadFactory(name, true);
    return Epoll.isAvailable()
        ? new EpollEventLoopGroup(1, threads)
        : new NioEventLoopGroup(1, threads);
  }

  /** The class of connections. */
  public static Class<? extends Channel> channelType() {
    return Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class;
  }

  /**
   * The sort of socket that listens at an address. One of IPv6 leaves IPv4 to another, and the
   * other way round, as Envoy's do, though an epoll socket of Netty by itself takes both at
   * "0.0.0.0". A transparent one takes connections to any address (TPROXY), for which the process
   * needs CAP_NET_ADMIN.
   */
  static void prepare(ServerBootstrap server, InetSocketAddress address, boolean transparent) {
    if (!Epoll.isAvailable()) {
      server.channel(NioServerSocketChannel.class);
      return;
    }
    if (address.getAddress() instanceof Inet6Address) {
      server.channel(EpollServerSocketChannel.class).option(V6_ONLY, 1);
    } else {
      server.channelFactory(() -> new EpollServerSocketChannel(InternetProtocolFamily.IPv4));
    }
    if (transparent) {
      server.option(EpollChannelOption.IP_TRANSPARENT, true);
    }
  }

  /** Where a connection that iptables redirected meant to go; empty when it was not redirected. */
  static Optional<InetSocketAddress> originalDestination(Channel channel) {
    if (!(channel instanceof EpollSocketChannel epoll)) {
      return Optional.empty();
    }
    boolean v6 =
        epoll.localAddress() != null && epoll.localAddress().getAddress() instanceof Inet6Address;
    try {
      ByteBuffer address = epoll.config().getOption(v6 ? ORIGINAL_DST_V6 : ORIGINAL_DST);
      if (address == null || address.remaining() < (v6 ? SOCKADDR_IN6 : 8)) {
        return Optional.empty();
      }
      // struct sockaddr_in: family, port and address in network order; in sockaddr_in6 the flow
      // label comes between port and address.
      int port = (address.get(2) & 0xff) << 8 | (address.get(3) & 0xff);
      byte[] ip = new byte[v6 ? 16 : 4];
      address.get(v6 ? 8 : 4, ip);
      return Optional.of(new InetSocketAddress(InetAddress.getByAddress(ip), port));
    } catch (io.netty.channel.ChannelException | UnknownHostException notRedirected) {
      return Optional.empty();
    }
  }
}
