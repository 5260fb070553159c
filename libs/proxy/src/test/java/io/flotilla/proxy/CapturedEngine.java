// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.Discovery;
import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.FilterChainMatch;
import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.listener.Listener.TrafficDirection;
import io.flotilla.model.listener.TcpProxy;
import io.flotilla.model.listener.Terminal;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.model.snapshot.ProxySnapshot;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * An engine in a network namespace whose iptables hand it connections to 10.99.0.0/16, and servers
 * behind it. The first line that it prints is "ready".
 */
final class CapturedEngine {
  private static final int CAPTURE = 15001;
  private static final String ANY = "0.0.0.0";

  private CapturedEngine() {}

  /** Runs until it is killed. */
  public static void main(String[] args) throws Exception {
    EchoApp echo = new EchoApp("echo");
    List<Route> routes = List.of(Route.of("r", RouteMatch.ANY, RouteAction.Forward.to("echo")));
    HttpConnectionManager http = Meshes.manager(routes);
    ProxyEngine engine = Meshes.engine("captured");
    Map<String, Cluster> clusters = new LinkedHashMap<>();
    clusters.put("exact", Meshes.cluster("exact", greeter("127.0.0.1", 0, "exact address")));
    clusters.put("port", Meshes.cluster("port", greeter("127.0.0.1", 0, "any address")));
    clusters.put("echo", Meshes.cluster("echo", echo.port()));
    clusters.put(
        "Passthrough",
        Cluster.of("Passthrough", new Discovery.OriginalDestination(Optional.empty())));
    clusters.put("transparent", Meshes.cluster("transparent", greeter("127.0.0.1", 0, "by port")));
    greeter("10.99.0.9", 7777, "passed through");
    greeter("fd99::9", 7777, "passed through");
    greeter("10.98.0.9", 7777, "passed through transparently");

    Map<String, Listener> listeners = new LinkedHashMap<>();
    FilterChainMatch itself =
        new FilterChainMatch(Optional.of(CAPTURE), List.of(), List.of(), "", List.of(), List.of());
    add(
        listeners,
        ANY,
        CAPTURE,
        true,
        new FilterChain("itself", itself, Optional.empty(), List.of(), tcp("BlackHole")),
        FilterChain.plain("rest", tcp("Passthrough")));
    add(listeners, "10.99.0.7", 9000, false, FilterChain.plain("", tcp("exact")));
    add(listeners, "fd99:0:0::7", 9000, false, FilterChain.plain("", tcp("exact")));
    FilterChainMatch port =
        new FilterChainMatch(Optional.of(7000), List.of(), List.of(), "", List.of(), List.of());
    transparent(
        listeners,
        new FilterChain("port", port, Optional.empty(), List.of(), tcp("transparent")),
        FilterChain.plain("rest", tcp("Passthrough")));
    add(listeners, ANY, 9000, false, FilterChain.plain("", tcp("port")));
    add(listeners, ANY, 80, false, FilterChain.plain("", http));
    var applied =
        engine.apply(
            new ProxySnapshot(1, listeners, Meshes.routes(routes), clusters, Map.of(), Map.of()));
    if (!applied.join().problems().isEmpty()) {
      System.out.println(applied.join().problems());
      System.exit(1);
    }
    System.out.println("ready");
    Thread.currentThread().join();
  }

  private static void add(
      Map<String, Listener> all, String address, int port, boolean bound, FilterChain... chains) {
    String name = address + "_" + port;
    all.put(
        name,
        new Listener(
            name,
            new SocketAddress(address, port),
            bound ? List.of(new SocketAddress("::", port)) : List.of(),
            bound,
            TrafficDirection.OUTBOUND,
            bound,
            false,
            Set.of(),
            Duration.ZERO,
            true,
            List.of(chains),
            Optional.empty(),
            List.of()));
  }

  private static void transparent(Map<String, Listener> all, FilterChain... chains) {
    all.put(
        "transparent",
        new Listener(
            "transparent",
            new SocketAddress(ANY, 15006),
            List.of(),
            true,
            TrafficDirection.INBOUND,
            false,
            true,
            Set.of(),
            Duration.ZERO,
            true,
            List.of(chains),
            Optional.empty(),
            List.of()));
  }

  private static Terminal tcp(String cluster) {
    return new TcpProxy(cluster, new ClusterChoice.Single(cluster), Optional.empty(), List.of());
  }

  /** A server that speaks first; its port. */
  private static int greeter(String address, int port, String greeting) throws IOException {
    ServerSocket server = new ServerSocket();
    server.bind(new InetSocketAddress(InetAddress.ofLiteral(address), port));
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              while (true) {
                try (Socket client = server.accept()) {
                  client
                      .getOutputStream()
                      .write((greeting + "\n").getBytes(StandardCharsets.US_ASCII));
                } catch (IOException e) {
                  return;
                }
              }
            });
    return server.getLocalPort();
  }
}
