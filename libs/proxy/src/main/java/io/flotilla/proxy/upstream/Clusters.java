// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.Discovery;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.model.snapshot.ProxySnapshot;
import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** All clusters at run time. Names are resolved off the event loop, every five seconds. */
public final class Clusters implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Clusters.class.getName());
  private static final int RESOLVE_SECONDS = 5;

  private final EventLoop loop;
  private final HealthChecks checks;
  private final Map<String, ClusterRuntime> byName = new LinkedHashMap<>();
  private final Map<String, List<InetAddress>> resolved = new HashMap<>();
  private Map<String, ClusterLoadAssignment> assignments = Map.of();
  private @Nullable ScheduledFuture<?> refresh;

  public Clusters(EventLoop loop, UpstreamPool pool) {
    this.loop = loop;
    this.checks = new HealthChecks(loop, pool);
  }

  /** The clusters from now on. */
  public void update(ProxySnapshot snapshot) {
    byName.keySet().retainAll(snapshot.clusters().keySet());
    assignments = snapshot.endpoints();
    for (Cluster cluster : snapshot.clusters().values()) {
      ClusterRuntime runtime = byName.get(cluster.name());
      if (runtime == null) {
        runtime = new ClusterRuntime(cluster);
        byName.put(cluster.name(), runtime);
      } else {
        runtime.cluster(cluster);
      }
      apply(runtime);
    }
    checks.retain(byName.values());
    resolveSoon();
  }

  private void apply(ClusterRuntime runtime) {
    runtime.endpoints(assignment(runtime.cluster()), resolved);
    checks.follow(runtime);
  }

  private ClusterLoadAssignment assignment(Cluster cluster) {
    return switch (cluster.discovery()) {
      case Discovery.Eds eds ->
          assignments.getOrDefault(
              eds.serviceName(), new ClusterLoadAssignment(eds.serviceName(), List.of()));
      case Discovery.Static s -> s.endpoints();
      case Discovery.StrictDns s -> s.endpoints();
      case Discovery.LogicalDns s -> s.endpoints();
      case Discovery.OriginalDestination o -> new ClusterLoadAssignment(cluster.name(), List.of());
    };
  }

  private void resolveSoon() {
    if (refresh == null && byName.values().stream().anyMatch(ClusterRuntime::usesDns)) {
      refresh = loop.scheduleWithFixedDelay(this::resolve, 0, RESOLVE_SECONDS, TimeUnit.SECONDS);
    }
  }

  private void resolve() {
    List<String> names = new ArrayList<>();
    for (ClusterRuntime runtime : byName.values()) {
      if (runtime.usesDns()) {
        for (Endpoint endpoint : assignment(runtime.cluster()).endpoints()) {
          if (endpoint.address() instanceof SocketAddress socket) {
            names.add(socket.host());
          }
        }
      }
    }
    if (names.isEmpty()) {
      return;
    }
    Thread.ofVirtual()
        .name("resolve")
        .start(
            () -> {
              Map<String, List<InetAddress>> answers = new HashMap<>();
              for (String name : names) {
                try {
                  answers.put(name, List.of(InetAddress.getAllByName(name)));
                } catch (UnknownHostException e) {
                  LOG.log(System.Logger.Level.DEBUG, "{0} does not resolve", name);
                }
              }
              // What resolved before stays while the resolver fails.
              loop.execute(
                  () -> {
                    resolved.putAll(answers);
                    byName.values().stream().filter(ClusterRuntime::usesDns).forEach(this::apply);
                  });
            });
  }

  /** Whether some cluster's endpoint is there, or may be. */
  public boolean has(InetSocketAddress address) {
    for (ClusterRuntime runtime : byName.values()) {
      if (runtime.has(address)) {
        return true;
      }
    }
    return false;
  }

  /** By name. */
  public Optional<ClusterRuntime> get(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  /** All of them. */
  public List<ClusterRuntime> all() {
    return List.copyOf(byName.values());
  }

  @Override
  public void close() {
    checks.close();
    if (refresh != null) {
      refresh.cancel(false);
    }
  }
}
