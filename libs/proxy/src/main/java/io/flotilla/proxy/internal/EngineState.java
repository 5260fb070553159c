// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.internal;

import io.flotilla.model.InvalidModelException;
import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.HttpConnectionManager.RouteSource;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.snapshot.ProxySnapshot;
import io.flotilla.proxy.EngineConfig;
import io.flotilla.proxy.filter.RequestFilter;
import io.flotilla.proxy.filter.RequestFilters;
import io.flotilla.proxy.log.AccessLogs;
import io.flotilla.proxy.metrics.IstioMetrics;
import io.flotilla.proxy.metrics.KnownPeers;
import io.flotilla.proxy.metrics.PeerHeaders;
import io.flotilla.proxy.metrics.Statistics;
import io.flotilla.proxy.tls.TlsContexts;
import io.flotilla.proxy.upstream.Clusters;
import io.flotilla.proxy.upstream.UpstreamCalls;
import io.flotilla.proxy.upstream.UpstreamGet;
import io.flotilla.proxy.upstream.UpstreamPool;
import io.flotilla.rules.route.RouteTable;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The configuration in force and the state that requests share. */
public final class EngineState {
  private final EngineConfig config;
  private final EventLoop loop;
  private final TlsContexts tls;
  private final Clusters clusters;
  private final UpstreamPool pool;
  private final IstioMetrics metrics = new IstioMetrics();
  private final Statistics statistics = new Statistics();
  private final String peerHeader;
  private final KnownPeers peers = new KnownPeers();
  private ProxySnapshot snapshot = ProxySnapshot.EMPTY;
  private Map<String, RouteTable> routes = Map.of();
  private Map<RouteConfiguration, RouteTable> inline = new IdentityHashMap<>();
  private final RequestFilters filters;
  private final Sweep sweep;
  private final AccessLogs accessLogs = new AccessLogs();
  private final Http2Counters http2 = new Http2Counters();
  private List<String> problems = List.of();
  private boolean draining;
  private long dateSecond;
  private String date = "";

  public EngineState(
      EngineConfig config, EventLoop loop, TlsContexts tls, Clusters clusters, UpstreamPool pool) {
    this.config = config;
    this.loop = loop;
    this.tls = tls;
    this.clusters = clusters;
    this.pool = pool;
    this.peerHeader = PeerHeaders.encode(config.self());
    this.sweep = new Sweep(loop);
    UpstreamCalls calls = new UpstreamCalls(loop, clusters, pool);
    UpstreamGet get = new UpstreamGet(calls);
    this.filters =
        new RequestFilters(
            (keys, done) -> get.get(keys.uri(), keys.cluster(), keys.timeout(), done),
            calls,
            statistics);
  }

  /**
   * Takes a snapshot's routes, clusters and secrets; what is unchanged stays as it is. What cannot
   * be used is left out by name: routes keep their last good version, listeners are for the caller
   * to keep as they were.
   *
   * @return the names of listeners whose own routes cannot be used
   */
  public Set<String> update(ProxySnapshot now) {
    List<String> found = new ArrayList<>();
    if (!now.secrets().equals(snapshot.secrets())) {
      tls.secrets(now.secrets());
      pool.close();
    }
    Map<String, RouteTable> tables = new HashMap<>();
    now.routes()
        .forEach(
            (name, routeConfiguration) -> {
              RouteTable known = routes.get(name);
              if (known != null && known.configuration().equals(routeConfiguration)) {
                tables.put(name, known);
                return;
              }
              try {
                tables.put(name, new RouteTable(routeConfiguration));
              } catch (InvalidModelException e) {
                found.add("route configuration " + name + " is refused: " + e.getMessage());
                if (known != null) {
                  tables.put(name, known);
                }
              }
            });
    filters.clear();
    Set<String> bad = compileInline(now, found);
    clusters.update(now);
    pool.retain(clusters::has);
    routes = tables;
    snapshot = now;
    problems = List.copyOf(found);
    return bad;
  }

  private Set<String> compileInline(ProxySnapshot now, List<String> found) {
    Map<RouteConfiguration, RouteTable> tables = new IdentityHashMap<>(inline);
    Set<RouteConfiguration> used = Collections.newSetFromMap(new IdentityHashMap<>());
    Set<String> bad = new HashSet<>();
    for (Listener listener : now.listeners().values()) {
      Stream.concat(listener.filterChains().stream(), listener.defaultFilterChain().stream())
          .forEach(
              chain -> {
                try {
                  filters.of(chain);
                  if (chain.terminal() instanceof HttpConnectionManager manager) {
                    filters.of(manager);
                    if (manager.routes() instanceof RouteSource.Inline own) {
                      used.add(own.routes());
                      tables.computeIfAbsent(own.routes(), RouteTable::new);
                    }
                  }
                } catch (RuntimeException e) {
                  // Whatever it is, it must not keep the other listeners from their configuration.
                  bad.add(listener.name());
                  String why = e instanceof InvalidModelException ? e.getMessage() : e.toString();
                  found.add("listener " + listener.name() + " is refused: " + why);
                }
              });
    }
    // Listeners that stay as they were still use the tables of the snapshot before.
    snapshot.listeners().values().stream()
        .flatMap(l -> Stream.concat(l.filterChains().stream(), l.defaultFilterChain().stream()))
        .forEach(
            chain -> {
              if (chain.terminal() instanceof HttpConnectionManager manager
                  && manager.routes() instanceof RouteSource.Inline own) {
                used.add(own.routes());
              }
            });
    tables.keySet().retainAll(used);
    inline = tables;
    return bad;
  }

  /** What of the snapshot cannot be used, and why. */
  public List<String> problems() {
    return problems;
  }

  /** What requests of a connection manager pass before their route's action. */
  public List<RequestFilter> filters(HttpConnectionManager manager) {
    return filters.of(manager);
  }

  /** The request filters and access rules in force. */
  public RequestFilters filters() {
    return filters;
  }

  /** Coarse time-outs. */
  public Sweep sweep() {
    return sweep;
  }

  /** What HTTP/2 clients did wrong. */
  public Http2Counters http2() {
    return http2;
  }

  public AccessLogs accessLogs() {
    return accessLogs;
  }

  /** The routes of a connection manager; null: they have not arrived. */
  public @Nullable RouteTable routes(HttpConnectionManager manager) {
    return switch (manager.routes()) {
      case RouteSource.Rds rds -> routes.get(rds.name());
      case RouteSource.Inline i -> inline.computeIfAbsent(i.routes(), RouteTable::new);
    };
  }

  public ProxySnapshot snapshot() {
    return snapshot;
  }

  public EngineConfig config() {
    return config;
  }

  public EventLoop loop() {
    return loop;
  }

  public TlsContexts tls() {
    return tls;
  }

  public Clusters clusters() {
    return clusters;
  }

  public UpstreamPool pool() {
    return pool;
  }

  public IstioMetrics metrics() {
    return metrics;
  }

  /** Forgets what is counted of that which the snapshot names no longer. */
  public void forgetStatistics() {
    Set<String> prefixes = new HashSet<>();
    Set<String> addresses = new HashSet<>();
    for (Listener listener : snapshot.listeners().values()) {
      addresses.add(listener.statName());
      Stream.concat(listener.filterChains().stream(), listener.defaultFilterChain().stream())
          .forEach(
              chain -> {
                if (chain.terminal() instanceof HttpConnectionManager manager) {
                  prefixes.add(manager.statPrefix());
                }
              });
    }
    statistics.retain(prefixes, addresses);
  }

  /** What is counted of listeners and connection managers. */
  public Statistics statistics() {
    return statistics;
  }

  /** Now, as the date header tells it; made once a second. */
  public String date() {
    long second = System.currentTimeMillis() / 1000;
    if (second != dateSecond) {
      dateSecond = second;
      date =
          java.time.format.DateTimeFormatter.RFC_1123_DATE_TIME.format(
              java.time.Instant.ofEpochSecond(second).atOffset(java.time.ZoneOffset.UTC));
    }
    return date;
  }

  /** x-envoy-peer-metadata of the workload itself. */
  public String peerHeader() {
    return peerHeader;
  }

  /** The peers that were seen. */
  public KnownPeers peers() {
    return peers;
  }

  public boolean isDraining() {
    return draining;
  }

  public void startDraining() {
    draining = true;
  }
}
