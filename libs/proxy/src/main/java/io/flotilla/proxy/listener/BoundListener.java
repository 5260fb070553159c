// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.listener;

import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.Listener;
import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

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

  /** Takes a changed listener; connections whose chain is gone are drained. */
  void model(Listener now) {
    model = now;
    for (Connection connection : List.copyOf(connections)) {
      if (!has(now, connection.chain())) {
        connection.startDraining();
      }
    }
  }

  private static boolean has(Listener listener, FilterChain chain) {
    return listener.filterChains().contains(chain)
        || listener.defaultFilterChain().filter(chain::equals).isPresent();
  }

  void add(Channel socket) {
    sockets.add(socket);
  }

  void add(Connection connection) {
    connections.add(connection);
    connection.channel().closeFuture().addListener(closed -> connections.remove(connection));
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
