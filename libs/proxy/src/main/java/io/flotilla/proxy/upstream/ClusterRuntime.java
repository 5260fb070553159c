// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.flotilla.model.address.Address;
import io.flotilla.model.address.InternalAddress;
import io.flotilla.model.address.PipeAddress;
import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.Discovery;
import io.flotilla.model.cluster.EndpointRules;
import io.flotilla.model.cluster.Subsets;
import io.flotilla.model.cluster.TransportMatch;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.model.endpoint.LocalityEndpoints;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.tls.UpstreamTls;
import io.flotilla.proxy.metrics.ClusterStat;
import io.flotilla.proxy.metrics.ClusterStats;
import io.flotilla.proxy.metrics.StatSink;
import io.netty.channel.ConnectTimeoutException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One cluster at run time. */
public final class ClusterRuntime {

  private Cluster cluster;
  private final ClusterStats stats;
  private final Map<InetSocketAddress, Host> hosts = new LinkedHashMap<>();
  // By priority, in order.
  private final TreeMap<Integer, List<Host>> priorities = new TreeMap<>();
  private final Map<InetSocketAddress, Host> originals = new HashMap<>();
  private int overprovisioning = ClusterLoadAssignment.DEFAULT_OVERPROVISIONING;
  private boolean healthByWeight;
  private Balancer balancer = newBalancer();
  private @Nullable SubsetBalancer subsets;
  private @Nullable OutlierWatch outliers;
  private final CircuitBreaker usual;
  private final CircuitBreaker high;
  private boolean hadTraffic;
  // Since endpoints were told last.
  private boolean changed;

  ClusterRuntime(Cluster cluster) {
    this.cluster = cluster;
    this.stats = new ClusterStats(cluster.name());
    this.usual = new CircuitBreaker(stats, cluster.circuitBreakers().usual());
    this.high = new CircuitBreaker(stats, cluster.circuitBreakers().high());
    watch();
  }

  private void watch() {
    long now = System.nanoTime();
    outliers = cluster.outlierDetection().map(o -> new OutlierWatch(o, stats, now)).orElse(null);
  }

  private void sweep() {
    if (outliers != null && outliers.sweep(hosts.values(), System.nanoTime())) {
      forgetHealth();
    }
  }

  void cluster(Cluster now) {
    // As in Envoy, what was learnt of endpoints lasts as long as what the cluster is.
    if (!now.equals(cluster)) {
      hosts.values().forEach(Host::pardon);
      changed = true;
      cluster = now;
      usual.limits(now.circuitBreakers().usual());
      high.limits(now.circuitBreakers().high());
      watch();
    }
    if (now.endpointRules().healthCheck().isEmpty()) {
      hosts.values().forEach(h -> h.checked(false, false));
    }
    forgetEndpoints();
  }

  /** What the control plane says of it. */
  public Cluster cluster() {
    return cluster;
  }

  /** What is counted of it. */
  public ClusterStats stats() {
    return stats;
  }

  /** Tells its statistics. */
  public void tell(StatSink sink) {
    sweep();
    stats.tell(sink);
    long healthy = hosts.values().stream().filter(h -> h.health() == Levels.Health.HEALTHY).count();
    usual.tell(sink, "default");
    high.tell(sink, "high");
    sink.gauge(stats.scope(), "membership_total", hosts.size());
    sink.gauge(stats.scope(), "membership_healthy", healthy);
    sink.gauge(
        stats.scope(),
        "outlier_detection.ejections_active",
        hosts.values().stream().filter(Host::isEjected).count());
  }

  /** All endpoints. */
  public List<Host> hosts() {
    sweep();
    return List.copyOf(hosts.values());
  }

  /**
   * The endpoints from now on; those that stay keep their state.
   *
   * @param resolved host names to addresses, for clusters that use DNS
   */
  void endpoints(ClusterLoadAssignment assignment, Map<String, List<InetAddress>> resolved) {
    Map<InetSocketAddress, Host> now = new LinkedHashMap<>();
    TreeMap<Integer, List<Host>> before = new TreeMap<>(priorities);
    priorities.clear();
    if (assignment.overprovisioning() != overprovisioning
        || assignment.healthByWeight() != healthByWeight) {
      overprovisioning = assignment.overprovisioning();
      healthByWeight = assignment.healthByWeight();
      balancer = newBalancer();
    }
    forgetEndpoints();
    for (LocalityEndpoints locality : assignment.localities()) {
      for (Endpoint endpoint : locality.endpoints()) {
        for (InetSocketAddress address : addresses(endpoint.address(), resolved)) {
          Host host = hosts.get(address);
          if (host == null) {
            host = new Host(endpoint, address);
            host.checked(cluster.endpointRules().healthCheck().isPresent(), false);
          } else {
            host.endpoint(endpoint);
            host.leaving(false);
          }
          host.locality(locality.locality(), locality.weight());
          host.priority(locality.priority());
          if (now.put(address, host) == null) {
            priorities.computeIfAbsent(locality.priority(), p -> new ArrayList<>()).add(host);
          }
        }
      }
    }
    if (!changed) {
      before.forEach((priority, all) -> all.forEach(host -> keep(host, priority, now)));
    }
    changed = false;
    hosts.clear();
    hosts.putAll(now);
    long time = System.nanoTime();
    hosts.values().forEach(h -> h.foundWell(time));
  }

  // A control plane that lost its memory, or is late, does no harm to what is known to be well.
  private void keep(Host host, int priority, Map<InetSocketAddress, Host> now) {
    EndpointRules rules = cluster.endpointRules();
    if (rules.healthCheck().isPresent()
        && !rules.forgetAtOnce()
        && !host.failedCheck()
        && host.endpoint().health() != Endpoint.Health.UNHEALTHY
        && now.putIfAbsent(host.address(), host) == null) {
      host.leaving(true);
      priorities.computeIfAbsent(priority, p -> new ArrayList<>()).add(host);
    }
  }

  /** What a health check found. */
  void checked(Host host, boolean failed, boolean degraded) {
    boolean back = host.failedCheck() && !failed;
    host.checked(failed, degraded);
    if (back) {
      host.becameWell(System.nanoTime());
    }
    forgetHealth();
    if (failed && host.isLeaving()) {
      forgetEndpoints();
      hosts.remove(host.address());
      priorities.values().forEach(all -> all.remove(host));
      priorities.values().removeIf(List::isEmpty);
    }
  }

  /** Whether a connection was ever made for a request. */
  boolean hadTraffic() {
    return hadTraffic;
  }

  boolean has(InetSocketAddress address) {
    return hosts.containsKey(address) || originals.containsKey(address);
  }

  private static List<InetSocketAddress> addresses(
      Address address, Map<String, List<InetAddress>> resolved) {
    return switch (address) {
      case SocketAddress socket -> addresses(socket, resolved);
      case InternalAddress internal ->
          addresses(internal.destination().orElse(Listener.NOWHERE), Map.of());
      case PipeAddress pipe -> List.of();
    };
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
   * @param subset the metadata of endpoints by which a subset is asked for; empty: none is
   * @param key what the request hashes to, for ring hash and Maglev; null: it hashes to nothing
   * @param redraw how that of another try is chosen; null: it is the first
   * @return empty: there is none that is healthy
   */
  public Optional<Host> choose(
      @Nullable InetSocketAddress original,
      Map<String, Object> subset,
      @Nullable Long key,
      @Nullable Redraw redraw) {
    if (cluster.discovery() instanceof Discovery.OriginalDestination od) {
      return Optional.ofNullable(original)
          .map(
              a ->
                  od.portOverride().isPresent()
                      ? new InetSocketAddress(a.getAddress(), od.portOverride().get())
                      : a)
          .map(a -> originals.computeIfAbsent(a, this::original));
    }
    sweep();
    Subsets parts = cluster.endpointRules().subsets().orElse(null);
    if (parts == null) {
      return Optional.ofNullable(
          balancer.choose(
              cluster,
              priorities.values(),
              cluster.endpointRules().localityWeighted(),
              key,
              redraw));
    }
    SubsetBalancer known = subsets;
    if (known == null) {
      known = new SubsetBalancer(cluster, parts, priorities.values(), stats, this::newBalancer);
      subsets = known;
    }
    return Optional.ofNullable(known.choose(subset, key, redraw));
  }

  private Balancer newBalancer() {
    return new Balancer(overprovisioning, healthByWeight);
  }

  private void forgetHealth() {
    balancer.forget();
    if (subsets != null) {
      subsets.forget();
    }
  }

  private void forgetEndpoints() {
    balancer.forget();
    subsets = null;
  }

  /** Whether the cluster's endpoints are chosen by hash. */
  public boolean hashes() {
    return Balancer.hashes(cluster.loadBalancing());
  }

  private Host original(InetSocketAddress address) {
    // Bounded: what was reached once and is idle now is dropped first.
    if (originals.size() >= 1024) {
      originals.values().removeIf(h -> h.active() == 0);
    }
    return new Host(Endpoint.of(address.getAddress().getHostAddress(), address.getPort()), address);
  }

  /** The TLS that reaches this endpoint; empty: plaintext. */
  public Optional<UpstreamTls> tls(Host host) {
    return transport(host).flatMap(TransportMatch::tls);
  }

  /** How this endpoint is reached; empty: plaintext. */
  Optional<TransportMatch> transport(Host host) {
    for (TransportMatch transport : cluster.transports()) {
      if (host.endpoint()
          .transportTags()
          .entrySet()
          .containsAll(transport.endpointTags().entrySet())) {
        return Optional.of(transport);
      }
    }
    return Optional.empty();
  }

  /** How an attempt at an endpoint ended. */
  public enum Outcome {
    SUCCESS,
    /** A status from 500 up that is not a gateway's. */
    SERVER_ERROR,
    /** 502, 503 or 504. */
    GATEWAY_ERROR,
    /** No connection, a broken one, or no answer in time. */
    LOCAL_FAILURE;

    /** Of an answer. */
    public static Outcome ofStatus(int status) {
      return status < 500 ? SUCCESS : status >= 502 && status <= 504 ? GATEWAY_ERROR : SERVER_ERROR;
    }
  }

  /** An attempt at this endpoint ended. */
  public void outcome(Host host, Outcome outcome) {
    OutlierWatch watch = outliers;
    if (watch == null) {
      host.note(outcome, false);
      return;
    }
    // What ends now belongs to the interval that runs now.
    sweep();
    if (watch.noted(host, outcome, hosts.values(), System.nanoTime())) {
      forgetHealth();
    }
  }

  /** What limits requests of a priority. */
  public CircuitBreaker breaker(boolean highPriority) {
    return highPriority ? high : usual;
  }

  /** A connection is begun, for which a place was taken. */
  void connecting() {
    hadTraffic = true;
    stats.add(ClusterStat.UPSTREAM_CX_TOTAL);
    stats.add(ClusterStat.UPSTREAM_CX_ACTIVE);
  }

  /** A connection that was begun did not come to be. */
  void notConnected(CircuitBreaker breaker, Throwable cause) {
    stats.add(ClusterStat.UPSTREAM_CX_CONNECT_FAIL);
    if (cause instanceof ConnectTimeoutException) {
      stats.add(ClusterStat.UPSTREAM_CX_CONNECT_TIMEOUT);
    }
    disconnected(breaker);
  }

  void disconnected(CircuitBreaker breaker) {
    breaker.disconnected();
    stats.add(ClusterStat.UPSTREAM_CX_DESTROY);
    stats.subtract(ClusterStat.UPSTREAM_CX_ACTIVE);
  }

  /** How long a connection may take. */
  int connectTimeoutMillis() {
    return (int)
        Math.min(
            Integer.MAX_VALUE, TimeUnit.NANOSECONDS.toMillis(cluster.connectTimeout().toNanos()));
  }
}
