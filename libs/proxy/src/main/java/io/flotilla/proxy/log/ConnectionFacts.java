// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.log;

import io.flotilla.model.format.Operator;
import io.flotilla.proxy.internal.Downstream;
import io.flotilla.proxy.log.TlsFacts.Fact;
import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.util.AttributeKey;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** What operators tell of the two connections that a request or a byte stream goes by. */
public final class ConnectionFacts {
  private static final AttributeKey<Long> ID = AttributeKey.valueOf(ConnectionFacts.class, "id");
  private static final AtomicLong IDS = new AtomicLong();

  private ConnectionFacts() {}

  /**
   * The value of an operator of either connection; null: not known, or of another kind.
   *
   * @param upstream null before there is one
   */
  public static @Nullable Object of(
      Downstream downstream, @Nullable Channel upstream, Operator operator) {
    Object known = downstream(downstream, operator);
    return known == null ? upstream(upstream, operator) : known;
  }

  private static @Nullable Object downstream(Downstream d, Operator operator) {
    return switch (operator) {
      case DOWNSTREAM_LOCAL_ADDRESS -> text(d.original());
      case DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT -> host(d.original());
      case DOWNSTREAM_LOCAL_PORT -> port(d.original());
      case DOWNSTREAM_DIRECT_LOCAL_ADDRESS -> text(d.channel().localAddress());
      case DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT -> host(d.channel().localAddress());
      case DOWNSTREAM_DIRECT_LOCAL_PORT -> port(d.channel().localAddress());
      case DOWNSTREAM_REMOTE_ADDRESS -> text(d.remote());
      case DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT -> host(d.remote());
      case DOWNSTREAM_REMOTE_PORT -> port(d.remote());
      case DOWNSTREAM_DIRECT_REMOTE_ADDRESS -> text(d.channel().remoteAddress());
      case DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT -> host(d.channel().remoteAddress());
      case DOWNSTREAM_DIRECT_REMOTE_PORT -> port(d.channel().remoteAddress());
      case BYTES_RETRANSMITTED, PACKETS_RETRANSMITTED -> 0L;
      case DOWNSTREAM_CX_RTT -> roundTripMillis(d.channel());
      case DOWNSTREAM_DETECTED_CLOSE_TYPE -> "Normal";
      // They are of Envoy's internal addresses, which there are not here.
      case DOWNSTREAM_LOCAL_ADDRESS_ENDPOINT_ID, DOWNSTREAM_DIRECT_LOCAL_ADDRESS_ENDPOINT_ID -> "";
      case CONNECTION_ID -> id(d.channel());
      case REQUESTED_SERVER_NAME -> d.serverName().isEmpty() ? null : d.serverName();
      case FILTER_CHAIN_NAME -> d.chain().isEmpty() ? null : d.chain();
      case LISTENER_NAME -> d.listener().name();
      case HOSTNAME -> Host.NAME;
      case DOWNSTREAM_TLS_CIPHER -> tls(d.channel(), Fact.CIPHER);
      case DOWNSTREAM_TLS_VERSION -> tls(d.channel(), Fact.VERSION);
      case DOWNSTREAM_TLS_SESSION_ID -> tls(d.channel(), Fact.SESSION_ID);
      case DOWNSTREAM_PEER_URI_SAN -> tls(d.channel(), Fact.PEER_URI);
      case DOWNSTREAM_PEER_DNS_SAN -> tls(d.channel(), Fact.PEER_DNS);
      case DOWNSTREAM_PEER_IP_SAN -> tls(d.channel(), Fact.PEER_IP);
      case DOWNSTREAM_PEER_EMAIL_SAN -> tls(d.channel(), Fact.PEER_EMAIL);
      case DOWNSTREAM_PEER_SUBJECT -> tls(d.channel(), Fact.PEER_SUBJECT);
      case DOWNSTREAM_PEER_ISSUER -> tls(d.channel(), Fact.PEER_ISSUER);
      case DOWNSTREAM_PEER_SERIAL -> tls(d.channel(), Fact.PEER_SERIAL);
      case DOWNSTREAM_PEER_FINGERPRINT_256 -> tls(d.channel(), Fact.PEER_SHA256);
      case DOWNSTREAM_PEER_FINGERPRINT_1 -> tls(d.channel(), Fact.PEER_SHA1);
      case DOWNSTREAM_PEER_CERT -> tls(d.channel(), Fact.PEER_CERT);
      case DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_256 -> tls(d.channel(), Fact.CHAIN_SHA256);
      case DOWNSTREAM_PEER_CHAIN_FINGERPRINTS_1 -> tls(d.channel(), Fact.CHAIN_SHA1);
      case DOWNSTREAM_PEER_CHAIN_SERIALS -> tls(d.channel(), Fact.CHAIN_SERIALS);
      case DOWNSTREAM_LOCAL_URI_SAN -> tls(d.channel(), Fact.OWN_URI);
      case DOWNSTREAM_LOCAL_DNS_SAN -> tls(d.channel(), Fact.OWN_DNS);
      case DOWNSTREAM_LOCAL_IP_SAN -> tls(d.channel(), Fact.OWN_IP);
      case DOWNSTREAM_LOCAL_EMAIL_SAN -> tls(d.channel(), Fact.OWN_EMAIL);
      case DOWNSTREAM_LOCAL_SUBJECT -> tls(d.channel(), Fact.OWN_SUBJECT);
      case DOWNSTREAM_PEER_CERT_V_START -> {
        TlsFacts facts = TlsFacts.of(d.channel());
        yield facts == null ? null : facts.notBefore();
      }
      case DOWNSTREAM_PEER_CERT_V_END -> {
        TlsFacts facts = TlsFacts.of(d.channel());
        yield facts == null ? null : facts.notAfter();
      }
      default -> null;
    };
  }

  private static @Nullable Object upstream(@Nullable Channel channel, Operator operator) {
    if (channel == null) {
      return operator == Operator.UPSTREAM_CONNECTION_ID ? (Object) 0L : null;
    }
    return switch (operator) {
      case UPSTREAM_LOCAL_ADDRESS -> text(channel.localAddress());
      case UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT -> host(channel.localAddress());
      case UPSTREAM_LOCAL_PORT -> port(channel.localAddress());
      case UPSTREAM_REMOTE_ADDRESS -> text(channel.remoteAddress());
      case UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT -> host(channel.remoteAddress());
      case UPSTREAM_REMOTE_PORT -> port(channel.remoteAddress());
      case UPSTREAM_REMOTE_ADDRESS_ENDPOINT_ID -> "";
      case UPSTREAM_DETECTED_CLOSE_TYPE -> "Normal";
      case UPSTREAM_CONNECTION_ID -> id(channel);
      case UPSTREAM_TLS_CIPHER -> tls(channel, Fact.CIPHER);
      case UPSTREAM_TLS_VERSION -> tls(channel, Fact.VERSION);
      case UPSTREAM_TLS_SESSION_ID -> tls(channel, Fact.SESSION_ID);
      case UPSTREAM_PEER_URI_SAN -> tls(channel, Fact.PEER_URI);
      case UPSTREAM_PEER_DNS_SAN -> tls(channel, Fact.PEER_DNS);
      case UPSTREAM_PEER_IP_SAN -> tls(channel, Fact.PEER_IP);
      case UPSTREAM_PEER_SUBJECT -> tls(channel, Fact.PEER_SUBJECT);
      case UPSTREAM_PEER_ISSUER -> tls(channel, Fact.PEER_ISSUER);
      case UPSTREAM_PEER_CERT -> tls(channel, Fact.PEER_CERT);
      case UPSTREAM_LOCAL_URI_SAN -> tls(channel, Fact.OWN_URI);
      case UPSTREAM_LOCAL_DNS_SAN -> tls(channel, Fact.OWN_DNS);
      case UPSTREAM_LOCAL_IP_SAN -> tls(channel, Fact.OWN_IP);
      case UPSTREAM_PEER_CERT_V_START -> {
        TlsFacts facts = TlsFacts.of(channel);
        yield facts == null ? null : facts.notBefore();
      }
      case UPSTREAM_PEER_CERT_V_END -> {
        TlsFacts facts = TlsFacts.of(channel);
        yield facts == null ? null : facts.notAfter();
      }
      default -> null;
    };
  }

  private static @Nullable String tls(Channel channel, Fact fact) {
    TlsFacts facts = TlsFacts.of(channel);
    return facts == null ? null : facts.get(fact);
  }

  private static long roundTripMillis(Channel channel) {
    // A closed socket tells nothing.
    return channel instanceof EpollSocketChannel epoll && epoll.isActive()
        ? epoll.tcpInfo().rtt() / 1000
        : 0;
  }

  /** A number of a connection, of its own; counted only for those that a log tells of. */
  public static long id(Channel channel) {
    Long id = channel.attr(ID).get();
    if (id == null) {
      id = IDS.incrementAndGet();
      channel.attr(ID).set(id);
    }
    return id;
  }

  /** "10.0.0.1:80", "[::1]:80"; null for what is no address. */
  public static @Nullable String text(@Nullable SocketAddress address) {
    if (!(address instanceof InetSocketAddress inet) || inet.getAddress() == null) {
      return null;
    }
    String host = host(inet);
    return host != null && host.indexOf(':') >= 0
        ? "[" + host + "]:" + inet.getPort()
        : host + ":" + inet.getPort();
  }

  private static @Nullable String host(@Nullable SocketAddress address) {
    return address instanceof InetSocketAddress inet && inet.getAddress() != null
        ? io.netty.util.NetUtil.toAddressString(inet.getAddress())
        : null;
  }

  private static @Nullable Integer port(@Nullable SocketAddress address) {
    return address instanceof InetSocketAddress inet ? inet.getPort() : null;
  }

  private static final class Host {
    static final @Nullable String NAME = name();

    private static @Nullable String name() {
      try {
        return InetAddress.getLocalHost().getHostName();
      } catch (UnknownHostException unknown) {
        return null;
      }
    }
  }
}
