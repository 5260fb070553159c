// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.internal;

import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.snapshot.ProxySnapshot;
import io.flotilla.proxy.EngineConfig;
import io.flotilla.proxy.metrics.IstioMetrics;
import io.flotilla.proxy.metrics.PeerHeaders;
import io.flotilla.proxy.tls.TlsContexts;
import io.flotilla.proxy.upstream.Clusters;
import io.flotilla.proxy.upstream.UpstreamPool;
import io.flotilla.rules.route.RouteTable;
import io.netty.channel.EventLoop;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The configuration in force and the state that requests share. */
public final class EngineState {
  private final EngineConfig config;
  private final EventLoop loop;
  private final TlsContexts tls;
  private final Clusters clusters;
  private final UpstreamPool pool;
  private final IstioMetrics metrics = new IstioMetrics();
  private final String peerHeader;
  private ProxySnapshot snapshot = ProxySnapshot.EMPTY;
  private Map<String, RouteTable> routes = Map.of();
  private final Map<Object, RouteTable> inline = new IdentityHashMap<>();
  private boolean draining;

  public EngineState(
      EngineConfig config, EventLoop loop, TlsContexts tls, Clusters clusters, UpstreamPool pool) {
    this.config = config;
    this.loop = loop;
    this.tls = tls;
    this.clusters = clusters;
    this.pool = pool;
    this.peerHeader = PeerHeaders.encode(config.self());
  }

  /** Takes a snapshot's routes, clusters and secrets; what is unchanged stays as it is. */
  public void update(ProxySnapshot now) {
    if (!now.secrets().equals(snapshot.secrets())) {
      tls.secrets(now.secrets());
      pool.close();
    }
    Map<String, RouteTable> tables = new HashMap<>();
    now.routes()
        .forEach(
            (name, routeConfiguration) -> {
              RouteTable known = routes.get(name);
              tables.put(
                  name,
                  known != null && known.configuration().equals(routeConfiguration)
                      ? known
                      : new RouteTable(routeConfiguration));
            });
    clusters.update(now);
    routes = tables;
    snapshot = now;
  }

  /** The routes of a connection manager; null: they have not arrived. */
  public @Nullable RouteTable routes(HttpConnectionManager manager) {
    return switch (manager.routes()) {
      case HttpConnectionManager.RouteSource.Rds rds -> routes.get(rds.name());
      case HttpConnectionManager.RouteSource.Inline i ->
          inline.computeIfAbsent(i.routes(), r -> new RouteTable(i.routes()));
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

  /** x-envoy-peer-metadata of the workload itself. */
  public String peerHeader() {
    return peerHeader;
  }

  public boolean isDraining() {
    return draining;
  }

  public void startDraining() {
    draining = true;
  }
}
