// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.Discovery;
import io.flotilla.model.cluster.LoadBalancing;
import io.flotilla.model.cluster.OutlierDetection;
import io.flotilla.model.cluster.TransportMatch;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.model.endpoint.LocalityEndpoints;
import io.flotilla.model.tls.UpstreamTls;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One cluster at run time. */
public final class ClusterRuntime {
  private static final int MAX_PENDING = 4096;

  private Cluster cluster;
  private final Map<InetSocketAddress, Host> hosts = new LinkedHashMap<>();
  // By priority, in order.
  private final TreeMap<Integer, List<Host>> priorities = new TreeMap<>();
  private final Map<InetSocketAddress, Host> originals = new HashMap<>();
  private final Map<Integer, Table> tables = new HashMap<>();
  private int next;
  private int activeRequests;
  private int activeRetries;
  private int connections;
  private int pending;

  ClusterRuntime(Cluster cluster) {
    this.cluster = cluster;
  }

  void cluster(Cluster now) {
    cluster = now;
    tables.clear();
  }

  /** What the control plane says of it. */
  public Cluster cluster() {
    return cluster;
  }

  /** All endpoints. */
  public List<Host> hosts() {
    return List.copyOf(hosts.values());
  }

  /**
   * The endpoints from now on; those that stay keep their state.
   *
   * @param resolved host names to addresses, for clusters that use DNS
   */
  void endpoints(ClusterLoadAssignment assignment, Map<String, List<InetAddress>> resolved) {
    Map<InetSocketAddress, Host> now = new LinkedHashMap<>();
    priorities.clear();
    tables.clear();
    for (LocalityEndpoints locality : assignment.localities()) {
      for (Endpoint endpoint : locality.endpoints()) {
        if (!(endpoint.address() instanceof SocketAddress socket)) {
          continue;
        }
        for (InetSocketAddress address : addresses(socket, resolved)) {
          Host host = hosts.get(address);
          if (host == null) {
            host = new Host(endpoint, address);
          } else {
            host.endpoint(endpoint);
          }
          if (now.put(address, host) == null) {
            priorities.computeIfAbsent(locality.priority(), p -> new ArrayList<>()).add(host);
          }
        }
      }
    }
    hosts.clear();
    hosts.putAll(now);
  }

  boolean has(InetSocketAddress address) {
    return hosts.containsKey(address) || originals.containsKey(address);
  }

  private static List<InetSocketAddress> addresses(
      SocketAddress socket, Map<String, List<InetAddress>> resolved) {
    List<InetAddress> known = resolved.get(socket.host());
    if (known != null) {
      return known.stream().map(a -> new InetSocketAddress(a, socket.port())).toList();
    }
    try {
      return List.of(new InetSocketAddress(InetAddress.ofLiteral(socket.host()), socket.port()));
    } catch (IllegalArgumentException notALiteral) {
      return List.of();
    }
  }

  /** Whether DNS gives the addresses. */
  boolean usesDns() {
    return cluster.discovery() instanceof Discovery.StrictDns
        || cluster.discovery() instanceof Discovery.LogicalDns;
  }

  /**
   * An endpoint for a request.
   *
   * @param original where the client meant to go, for clusters that go there
   * @param avoid endpoints that were tried already
   * @param key what the request hashes to, for ring hash and Maglev; null: it hashes to nothing
   * @param draws how often a tried endpoint is drawn again before it is accepted
   * @return empty: there is none that is healthy
   */
  public Optional<Host> choose(
      @Nullable InetSocketAddress original, Set<Host> avoid, @Nullable Long key, int draws) {
    if (cluster.discovery() instanceof Discovery.OriginalDestination od) {
      return Optional.ofNullable(original)
          .map(
              a ->
                  od.portOverride().isPresent()
                      ? new InetSocketAddress(a.getAddress(), od.portOverride().get())
                      : a)
          .map(a -> originals.computeIfAbsent(a, this::original));
    }
    long now = System.nanoTime();
    for (Map.Entry<Integer, List<Host>> priority : priorities.entrySet()) {
      List<Host> level = priority.getValue();
      List<Host> healthy = new ArrayList<>(level.size());
      for (Host host : level) {
        if (host.endpoint().health() == Endpoint.Health.HEALTHY && !host.isEjected(now)) {
          healthy.add(host);
        }
      }
      if (healthy.isEmpty()) {
        continue;
      }
      List<Host> fresh = healthy;
      if (!avoid.isEmpty()) {
        fresh = healthy.stream().filter(h -> !avoid.contains(h)).toList();
      }
      List<Host> candidates = fresh.isEmpty() ? healthy : fresh;
      return Optional.of(
          hashes() ? hashed(priority.getKey(), healthy, avoid, key, draws) : pick(candidates));
    }
    return Optional.empty();
  }

  /** Whether the cluster's endpoints are chosen by hash. */
  public boolean hashes() {
    return cluster.loadBalancing() instanceof LoadBalancing.RingHash
        || cluster.loadBalancing() instanceof LoadBalancing.Maglev;
  }

  /** A table and the endpoints that it was made over. */
  private record Table(List<Host> hosts, HashTable table) {}

  private Host hashed(
      int priority, List<Host> healthy, Set<Host> avoid, @Nullable Long key, int draws) {
    Table known = tables.get(priority);
    if (known == null || !known.hosts().equals(healthy)) {
      HashTable made = HashTable.ofHosts(cluster.loadBalancing(), healthy);
      if (made == null) {
        return pick(healthy);
      }
      known = new Table(List.copyOf(healthy), made);
      tables.put(priority, known);
    }
    long hash = key == null ? ThreadLocalRandom.current().nextLong() : key;
    Host host = known.table().pick(hash, 0);
    for (int i = 1; i <= draws && avoid.contains(host); i++) {
      host = known.table().pick(hash, i);
    }
    return host;
  }

  private Host original(InetSocketAddress address) {
    // Bounded: what was reached once and is idle now is dropped first.
    if (originals.size() >= 1024) {
      originals.values().removeIf(h -> h.active() == 0);
    }
    return new Host(Endpoint.of(address.getAddress().getHostAddress(), address.getPort()), address);
  }

  private Host pick(List<Host> candidates) {
    if (candidates.size() == 1) {
      return candidates.getFirst();
    }
    ThreadLocalRandom random = ThreadLocalRandom.current();
    return switch (cluster.loadBalancing()) {
      case LoadBalancing.RoundRobin r -> weightedInTurn(candidates);
      case LoadBalancing.LeastRequest l -> {
        Host best = candidates.get(random.nextInt(candidates.size()));
        for (int i = 1; i < l.choices(); i++) {
          Host other = candidates.get(random.nextInt(candidates.size()));
          if ((long) other.active() * best.endpoint().weight()
              < (long) best.active() * other.endpoint().weight()) {
            best = other;
          }
        }
        yield best;
      }
      default -> weightedAt(candidates, random.nextLong(totalWeight(candidates)));
    };
  }

  private Host weightedInTurn(List<Host> candidates) {
    next = (next + 1) & Integer.MAX_VALUE;
    return weightedAt(candidates, next % totalWeight(candidates));
  }

  private static long totalWeight(List<Host> hosts) {
    long sum = 0;
    for (Host host : hosts) {
      sum += host.endpoint().weight();
    }
    return sum;
  }

  private static Host weightedAt(List<Host> hosts, long point) {
    long left = point;
    for (Host host : hosts) {
      left -= host.endpoint().weight();
      if (left < 0) {
        return host;
      }
    }
    return hosts.getLast();
  }

  /** The TLS that reaches this endpoint; empty: plaintext. */
  public Optional<UpstreamTls> tls(Host host) {
    for (TransportMatch transport : cluster.transports()) {
      if (host.endpoint()
          .transportTags()
          .entrySet()
          .containsAll(transport.endpointTags().entrySet())) {
        return transport.tls();
      }
    }
    return Optional.empty();
  }

  /** An attempt at this endpoint ended with an answer or without one. */
  public void outcome(Host host, boolean failed) {
    if (!failed) {
      host.succeeded();
      return;
    }
    host.failed();
    OutlierDetection detection = cluster.outlierDetection().orElse(null);
    if (detection == null) {
      return;
    }
    int threshold = detection.consecutive5xx().orElse(Integer.MAX_VALUE);
    if (host.consecutiveFailures() >= threshold) {
      long now = System.nanoTime();
      long ejected = hosts.values().stream().filter(h -> h.isEjected(now)).count();
      // At least one may go, whatever the share says, as in Envoy.
      if (ejected == 0
          || (ejected + 1) * 100 <= (long) detection.maxEjectionPercent() * hosts.size()) {
        host.eject(now + detection.baseEjectionTime().toNanos() * (host.ejections() + 1));
      }
    }
  }

  /** Takes a place for a request; false: the circuit breaker is open. */
  public boolean tryStart() {
    if (activeRequests >= cluster.circuitBreakers().maxRequests()) {
      return false;
    }
    activeRequests++;
    return true;
  }

  /** Gives the place back. */
  public void end() {
    activeRequests--;
  }

  /** Takes a place for a retry: a fifth of the requests under way may be retries, or three. */
  public boolean tryRetry() {
    long budget = Math.max(3, activeRequests / 5);
    if (activeRetries >= Math.min(budget, cluster.circuitBreakers().maxRetries())) {
      return false;
    }
    activeRetries++;
    return true;
  }

  /** Gives the place back. */
  public void endRetry() {
    activeRetries--;
  }

  /** Takes a place for a connection; false: there are as many as may be. */
  boolean tryConnect() {
    if (connections >= cluster.circuitBreakers().maxConnections()) {
      return false;
    }
    connections++;
    return true;
  }

  /** Takes a place among those that wait for a connection; false: there are as many as may be. */
  boolean tryWait() {
    if (pending >= Math.min(MAX_PENDING, cluster.circuitBreakers().maxPendingRequests())) {
      return false;
    }
    pending++;
    return true;
  }

  void waitEnded() {
    pending--;
  }

  void disconnected() {
    connections--;
  }

  /** Connections open now. */
  public int connections() {
    return connections;
  }

  /** Requests under way now. */
  public int activeRequests() {
    return activeRequests;
  }

  /** How long a connection may take. */
  int connectTimeoutMillis() {
    return (int)
        Math.min(
            Integer.MAX_VALUE, TimeUnit.NANOSECONDS.toMillis(cluster.connectTimeout().toNanos()));
  }
}
