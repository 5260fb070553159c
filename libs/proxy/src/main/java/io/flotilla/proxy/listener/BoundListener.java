// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.listener;

import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.Listener;
import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** A listener's sockets and connections. */
final class BoundListener {
  private Listener model;
  private final List<Channel> sockets = new ArrayList<>();
  private final Set<Connection> connections = new HashSet<>();

  BoundListener(Listener model) {
    this.model = model;
  }

  Listener model() {
    return model;
  }

  /**
   * Takes a changed listener. Connections whose chain is gone, or has other TLS, are drained; where
   * only the connection manager changed, it serves their next requests.
   */
  void model(Listener now) {
    model = now;
    for (Connection connection : List.copyOf(connections)) {
      Optional<FilterChain> successor = successor(now, connection.chain());
      if (successor.isPresent()
          && successor.get().terminal() instanceof HttpConnectionManager manager) {
        connection.terms().serveBy(manager);
      } else if (successor.isEmpty()) {
        connection.startDraining();
      }
    }
  }

  private static Optional<FilterChain> successor(Listener listener, FilterChain chain) {
    return Stream.concat(listener.filterChains().stream(), listener.defaultFilterChain().stream())
        .filter(c -> c.name().equals(chain.name()) && c.match().equals(chain.match()))
        .filter(c -> c.tls().equals(chain.tls()))
        .filter(
            c ->
                c.terminal() instanceof HttpConnectionManager
                    ? chain.terminal() instanceof HttpConnectionManager
                    : c.terminal().equals(chain.terminal()))
        .findFirst();
  }

  void add(Channel socket) {
    sockets.add(socket);
  }

  void add(Connection connection) {
    connections.add(connection);
    connection.channel().closeFuture().addListener(closed -> connections.remove(connection));
  }

  /** What its statistics are named by, "ip:port". */
  String statName() {
    return model.statName();
  }

  List<InetSocketAddress> addresses() {
    return sockets.stream().map(s -> (InetSocketAddress) s.localAddress()).toList();
  }

  int connectionCount() {
    return connections.size();
  }

  /** Accepts nothing more; connections end after what is under way. */
  void stop() {
    sockets.forEach(Channel::close);
    sockets.clear();
    List.copyOf(connections).forEach(Connection::startDraining);
  }

  /** Ends all connections at once. */
  void closeConnections() {
    List.copyOf(connections).forEach(c -> c.channel().close());
  }
}
