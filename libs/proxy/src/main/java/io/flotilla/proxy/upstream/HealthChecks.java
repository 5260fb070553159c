// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.flotilla.model.cluster.CircuitBreakers;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.ConnectionSettings;
import io.flotilla.model.cluster.HealthCheck;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Asks endpoints whether they are well (Envoy documentation, "Health checking"). Checks have
 * connections of their own, and no circuit breaker holds them up.
 */
final class HealthChecks implements AutoCloseable {
  private final EventLoop loop;
  private final UpstreamPool pool;
  private final Map<ClusterRuntime, Watch> watches = new HashMap<>();

  HealthChecks(EventLoop loop, UpstreamPool pool) {
    this.loop = loop;
    this.pool = pool;
  }

  private record Watch(Cluster cluster, ClusterRuntime own, Map<Host, Session> sessions) {}

  /** Begins to ask the cluster's new endpoints, and ends to ask those that are gone. */
  void follow(ClusterRuntime runtime) {
    Cluster cluster = runtime.cluster();
    Watch watch = watches.get(runtime);
    if (watch != null && !watch.cluster().equals(cluster)) {
      watches.remove(runtime);
      end(watch);
      watch = null;
    }
    Optional<HealthCheck> check = cluster.endpointRules().healthCheck();
    if (check.isEmpty()) {
      return;
    }
    if (watch == null) {
      watch = new Watch(cluster, new ClusterRuntime(forChecks(cluster)), new HashMap<>());
      watches.put(runtime, watch);
    }
    Set<Host> hosts = new HashSet<>(runtime.hosts());
    Watch current = watch;
    current
        .sessions()
        .entrySet()
        .removeIf(
            each -> {
              boolean gone = !hosts.contains(each.getKey());
              if (gone) {
                each.getValue().end();
              }
              return gone;
            });
    for (Host host : hosts) {
      current
          .sessions()
          .computeIfAbsent(host, h -> new Session(runtime, current.own(), h, check.get()).begin());
    }
  }

  /** Ends to ask the endpoints of all other clusters. */
  void retain(Collection<ClusterRuntime> known) {
    watches
        .entrySet()
        .removeIf(
            each -> {
              boolean gone = !known.contains(each.getKey());
              if (gone) {
                end(each.getValue());
              }
              return gone;
            });
  }

  private static void end(Watch watch) {
    watch.sessions().values().forEach(Session::end);
  }

  // Its name keeps the pool from mixing connections of checks with those of requests.
  private static Cluster forChecks(Cluster cluster) {
    return new Cluster(
        cluster.name() + " (health checks)",
        cluster.discovery(),
        cluster.loadBalancing(),
        cluster.connectTimeout(),
        cluster.http(),
        cluster.transports(),
        CircuitBreakers.UNLIMITED,
        Optional.empty(),
        cluster.bindSource(),
        cluster.services(),
        ConnectionSettings.DEFAULT,
        cluster.source());
  }

  @Override
  public void close() {
    watches.values().forEach(HealthChecks::end);
    watches.clear();
  }

  /** All checks of one endpoint, one after the other. */
  private final class Session {
    private final ClusterRuntime cluster;
    private final ClusterRuntime own;
    private final Host host;
    private final HealthCheck check;
    private boolean first = true;
    private int successes;
    private int failures;
    private @Nullable ScheduledFuture<?> next;
    private @Nullable Probe probe;
    private boolean ended;

    Session(ClusterRuntime cluster, ClusterRuntime own, Host host, HealthCheck check) {
      this.cluster = cluster;
      this.own = own;
      this.host = host;
      this.check = check;
    }

    Session begin() {
      after(random(check.timing().initialJitter()));
      return this;
    }

    private void after(long nanos) {
      next = loop.schedule(this::ask, nanos, TimeUnit.NANOSECONDS);
    }

    private void ask() {
      long timeout = check.timing().timeout().toNanos();
      Probe now =
          switch (check.kind()) {
            case HealthCheck.Tcp tcp -> new TcpProbe(pool, own, host, tcp, this::answered);
            case HealthCheck.Http http ->
                HttpProbe.http(
                    pool,
                    own,
                    host,
                    http,
                    check.reuseConnection(),
                    cluster.cluster().name(),
                    this::answered);
            case HealthCheck.Grpc grpc ->
                HttpProbe.grpc(
                    pool,
                    own,
                    host,
                    grpc,
                    check.reuseConnection(),
                    cluster.cluster().name(),
                    this::answered);
          };
      probe = now;
      next = loop.schedule(now::cancel, timeout, TimeUnit.NANOSECONDS);
      now.start();
    }

    private void answered(Probe.Answer answer) {
      if (ended) {
        return;
      }
      if (next != null) {
        next.cancel(false);
      }
      probe = null;
      boolean failedBefore = host.failedCheck();
      boolean failed = judge(answer, failedBefore);
      first = false;
      cluster.checked(host, failed, answer == Probe.Answer.DEGRADED);
      if (failed && host.isLeaving()) {
        ended = true;
      } else {
        after(pause(failed, failed != failedBefore));
      }
    }

    private boolean judge(Probe.Answer answer, boolean failedBefore) {
      if (answer == Probe.Answer.WELL || answer == Probe.Answer.DEGRADED) {
        failures = 0;
        successes++;
        return failedBefore && !first && successes < check.healthyThreshold();
      }
      successes = 0;
      failures++;
      return failedBefore || answer == Probe.Answer.SICK || failures >= check.unhealthyThreshold();
    }

    private long pause(boolean failed, boolean changed) {
      HealthCheck.Timing timing = check.timing();
      Duration base;
      if (!cluster.hadTraffic()) {
        base = timing.noTrafficInterval();
      } else if (failed) {
        base = changed ? timing.unhealthyEdgeInterval() : timing.unhealthyInterval();
      } else {
        base = changed ? timing.healthyEdgeInterval() : timing.interval();
      }
      long nanos = base.toNanos();
      long share = nanos / 100 * timing.jitterPercent();
      return nanos
          + random(timing.jitter())
          + (share > 0 ? ThreadLocalRandom.current().nextLong(share) : 0);
    }

    private static long random(Duration most) {
      return most.isZero() ? 0 : ThreadLocalRandom.current().nextLong(most.toNanos());
    }

    void end() {
      ended = true;
      if (next != null) {
        next.cancel(false);
      }
      if (probe != null) {
        probe.cancel();
      }
    }
  }
}
