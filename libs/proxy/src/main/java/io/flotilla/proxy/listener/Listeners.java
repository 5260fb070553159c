// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.listener;

import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.listener.Listener;
import io.flotilla.proxy.internal.EngineState;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * All listeners. A change that keeps the address keeps the sockets and every connection that it
 * does not concern.
 */
public final class Listeners {
  private static final int BACKLOG = 1024;

  private final EventLoopGroup group;
  private final EngineState engine;
  private final Map<String, BoundListener> byName = new LinkedHashMap<>();
  // Also those that are not bound, by "ip:port", for connections that were captured.
  private Map<String, Listener> byAddress = Map.of();
  private final Map<String, String> problems = new TreeMap<>();

  public Listeners(EventLoopGroup group, EngineState engine) {
    this.group = group;
    this.engine = engine;
  }

  /**
   * The listeners from now on; done once every socket is bound or has failed to.
   *
   * @param refused those that cannot be used: they stay as they were, or are left out
   */
  public CompletableFuture<Void> update(Map<String, Listener> wanted, Set<String> refused) {
    Map<String, Listener> now = new LinkedHashMap<>(wanted);
    for (String name : refused) {
      BoundListener last = byName.get(name);
      if (last == null) {
        now.remove(name);
      } else {
        now.put(name, last.model());
      }
    }
    Map<String, Listener> addresses = new LinkedHashMap<>();
    for (Listener listener : now.values()) {
      if (listener.internal()) {
        continue;
      }
      for (SocketAddress further : listener.additionalAddresses()) {
        addresses.putIfAbsent(key(further.host(), further.port()), listener);
      }
      addresses.put(key(listener.address().host(), listener.address().port()), listener);
    }
    byAddress = addresses;
    for (String name : List.copyOf(byName.keySet())) {
      Listener next = now.get(name);
      BoundListener bound = byName.get(name);
      if (bound != null && (next == null || !sameSockets(bound.model(), next))) {
        bound.stop();
        byName.remove(name);
        problems.remove(name);
      }
    }
    List<CompletableFuture<Void>> binding = new ArrayList<>();
    for (Listener listener : now.values()) {
      BoundListener bound = byName.get(listener.name());
      if (bound != null && !problems.containsKey(listener.name())) {
        if (!bound.model().equals(listener)) {
          bound.model(listener);
        }
      } else {
        BoundListener fresh = new BoundListener(listener);
        byName.put(listener.name(), fresh);
        problems.remove(listener.name());
        if (listener.bindToPort()) {
          binding.add(bind(fresh, listener.address()));
          listener.additionalAddresses().forEach(a -> binding.add(bind(fresh, a)));
        }
      }
    }
    return CompletableFuture.allOf(binding.toArray(CompletableFuture[]::new));
  }

  // An address of IPv6 can be written in several ways.
  private static String key(String host, int port) {
    try {
      String normal = host.indexOf(':') < 0 ? host : InetAddress.ofLiteral(host).getHostAddress();
      return normal + "|" + port;
    } catch (IllegalArgumentException e) {
      // No connection can mean what is no address; binding it says so.
      return host + "|" + port;
    }
  }

  private static boolean sameSockets(Listener a, Listener b) {
    return a.address().equals(b.address())
        && a.additionalAddresses().equals(b.additionalAddresses())
        && a.bindToPort() == b.bindToPort()
        && a.transparent() == b.transparent()
        && a.internal() == b.internal();
  }

  private CompletableFuture<Void> bind(BoundListener bound, SocketAddress address) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    InetSocketAddress at = new InetSocketAddress(address.host(), address.port());
    ServerBootstrap server = new ServerBootstrap();
    Transports.prepare(server, at, bound.model().transparent());
    server
        .group(group)
        .option(ChannelOption.SO_BACKLOG, BACKLOG)
        .option(ChannelOption.SO_REUSEADDR, true)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childOption(ChannelOption.AUTO_READ, false)
        .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
        .childHandler(
            new ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel channel) {
                channel
                    .pipeline()
                    .addLast("setup", new ConnectionSetup(engine, Listeners.this, bound));
              }
            })
        .bind(at)
        .addListener(
            (ChannelFuture bind) -> {
              if (bind.isSuccess()) {
                bound.add(bind.channel());
              } else {
                problems.put(
                    bound.model().name(),
                    "listener "
                        + bound.model().name()
                        + " cannot bind "
                        + address
                        + ": "
                        + bind.cause().getMessage()
                        + "; free the port or change the listener's");
              }
              done.complete(null);
            });
    return done;
  }

  /**
   * Who takes a connection that meant to go there: that very listener, or that of the port for any
   * address of the family, or for any address.
   */
  @Nullable BoundListener forDestination(InetSocketAddress destination) {
    int port = destination.getPort();
    Listener found = byAddress.get(key(destination.getAddress().getHostAddress(), port));
    if (found == null && destination.getAddress() instanceof Inet6Address) {
      found = byAddress.get(key("::", port));
    }
    if (found == null) {
      found = byAddress.get(key("0.0.0.0", port));
    }
    return found == null ? null : byName.get(found.name());
  }

  /**
   * Takes a connection from within the process.
   *
   * @return whether there is such a listener
   */
  public boolean accept(String name, Channel connection) {
    BoundListener listener = byName.get(name);
    if (listener == null || !listener.model().internal()) {
      return false;
    }
    connection.config().setAutoRead(false);
    connection.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    connection.pipeline().addLast("setup", new ConnectionSetup(engine, this, listener));
    engine.loop().register(connection);
    return true;
  }

  /** Listeners whose sockets could not be bound, and why. */
  public List<String> problems() {
    return List.copyOf(problems.values());
  }

  /** The addresses of a listener that is bound; empty: it is not. */
  public List<InetSocketAddress> addresses(String name) {
    BoundListener bound = byName.get(name);
    return bound == null ? List.of() : bound.addresses();
  }

  /** Connections open now. */
  public int connections() {
    return byName.values().stream().mapToInt(BoundListener::connectionCount).sum();
  }

  /** Accepts nothing more; connections end after what is under way. */
  public void drain() {
    byName.values().forEach(BoundListener::stop);
  }

  /** Ends all connections at once. */
  public void closeConnections() {
    byName.values().forEach(BoundListener::closeConnections);
  }
}
