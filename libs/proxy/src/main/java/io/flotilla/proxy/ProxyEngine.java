// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import io.flotilla.model.snapshot.ProxySnapshot;
import io.flotilla.proxy.filter.AccessCounters;
import io.flotilla.proxy.internal.EngineState;
import io.flotilla.proxy.listener.Listeners;
import io.flotilla.proxy.listener.Transports;
import io.flotilla.proxy.metrics.IstioInclusion;
import io.flotilla.proxy.metrics.StatScope;
import io.flotilla.proxy.metrics.StatSink;
import io.flotilla.proxy.metrics.StatsText;
import io.flotilla.proxy.tls.TlsContexts;
import io.flotilla.proxy.upstream.ClusterRuntime;
import io.flotilla.proxy.upstream.Clusters;
import io.flotilla.proxy.upstream.Host;
import io.flotilla.proxy.upstream.UpstreamPool;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * A proxy: one event loop that accepts, routes and forwards by the snapshot it was last given. A
 * new snapshot takes effect without dropping a connection that it does not concern; requests under
 * way keep what they have.
 */
public final class ProxyEngine implements AutoCloseable {
  private static final int ASK_SECONDS = 5;

  private final EngineConfig config;
  private final long startNanos = System.nanoTime();
  private final EventLoopGroup group;
  private final EventLoop loop;
  private final EngineState state;
  private final Listeners listeners;
  private volatile boolean applied;
  private volatile boolean bound;
  private volatile ProxySnapshot snapshot = ProxySnapshot.EMPTY;
  private volatile List<String> problems = List.of();

  public ProxyEngine(EngineConfig config) {
    this.config = config;
    this.group = Transports.loop("proxy-" + config.name());
    this.loop = group.next();
    TlsContexts tls = new TlsContexts();
    UpstreamPool pool = new UpstreamPool(loop, Transports.channelType(), tls);
    Clusters clusters = new Clusters(loop, pool);
    this.state = new EngineState(config, loop, tls, clusters, pool);
    this.listeners = new Listeners(group, state);
    pool.inside(listeners::accept);
  }

  /** Puts a snapshot in force; done once every listener is bound or has failed to. */
  public CompletableFuture<ApplyResult> apply(ProxySnapshot next) {
    CompletableFuture<ApplyResult> done = new CompletableFuture<>();
    loop.execute(
        () -> {
          try {
            Set<String> refused = state.update(next);
            listeners
                .update(next.listeners(), refused)
                .whenComplete(
                    (nothing, error) -> {
                      snapshot = next;
                      state.forgetStatistics();
                      List<String> all = new ArrayList<>(state.problems());
                      all.addAll(listeners.problems());
                      problems = List.copyOf(all);
                      bound = listeners.problems().isEmpty();
                      applied = true;
                      done.complete(new ApplyResult(next.revision(), problems));
                    });
          } catch (RuntimeException e) {
            done.complete(
                new ApplyResult(
                    snapshot.revision(),
                    List.of("the configuration is refused: " + e.getMessage())));
          }
        });
    return done;
  }

  /** Whether a first snapshot is in force and every listener of it is bound. */
  public boolean isReady() {
    return applied && bound;
  }

  /** What keeps it from being ready. */
  public List<String> problems() {
    return problems;
  }

  /** The snapshot in force. */
  public ProxySnapshot snapshot() {
    return snapshot;
  }

  /** Where a listener is bound; empty: it is not. */
  public List<InetSocketAddress> addresses(String listener) {
    return ask(() -> listeners.addresses(listener), List.of());
  }

  /** Connections open now. */
  public int connections() {
    return ask(listeners::connections, 0);
  }

  /**
   * Istio's standard metrics, and Envoy's statistics that Istio's bootstrap lets through, in
   * Prometheus' text format.
   */
  public String metricsText() {
    return metricsText(IstioInclusion::isIncluded);
  }

  /**
   * The same with other statistics of Envoy.
   *
   * @param included by name: "cluster.NAME;.upstream_cx_total"
   */
  public String metricsText(Predicate<String> included) {
    return ask(() -> text(included), "");
  }

  private String text(Predicate<String> included) {
    StringBuilder b = new StringBuilder(state.metrics().text());
    StatsText stats = new StatsText(included);
    tell(stats);
    b.append(stats.text());
    b.append("# TYPE envoy_listener_downstream_cx_overload_reject counter\n")
        .append("envoy_listener_downstream_cx_overload_reject ")
        .append(config.overload().connections().refused())
        .append('\n');
    b.append("# TYPE envoy_http_downstream_rq_overload_local_reply counter\n")
        .append("envoy_http_downstream_rq_overload_local_reply ")
        .append(config.overload().requests().refused())
        .append('\n');
    access(b, "envoy_http_rbac_", state.filters().requestAccess());
    access(b, "envoy_tcp_rbac_", state.filters().connectionAccess());
    state.http2().text(b);
    return b.toString();
  }

  /** Tells all statistics of Envoy's that the engine keeps. */
  public void statistics(StatSink sink) {
    ask(
        () -> {
          tell(sink);
          return true;
        },
        false);
  }

  /** Sets all counters to zero. */
  public void resetCounters() {
    loop.execute(
        () -> {
          state.statistics().reset();
          state.clusters().all().forEach(c -> c.stats().reset());
        });
  }

  private void tell(StatSink sink) {
    StatScope server = StatScope.of("server");
    sink.gauge(server, "live", state.isDraining() ? 0 : 1);
    sink.gauge(server, "concurrency", 1);
    sink.gauge(server, "total_connections", listeners.connections());
    sink.gauge(server, "uptime", (System.nanoTime() - startNanos) / 1_000_000_000);
    sink.gauge(
        server,
        "memory_allocated",
        Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory());
    sink.gauge(server, "memory_heap_size", Runtime.getRuntime().totalMemory());
    sink.gauge(
        StatScope.of("listener_manager"), "total_listeners_active", snapshot.listeners().size());
    sink.gauge(StatScope.of("cluster_manager"), "active_clusters", state.clusters().all().size());
    state.statistics().tell(sink);
    for (ClusterRuntime cluster : state.clusters().all()) {
      cluster.tell(sink);
    }
  }

  private static void access(StringBuilder b, String prefix, AccessCounters counters) {
    counters
        .counts()
        .forEach(
            (name, count) ->
                b.append("# TYPE ")
                    .append(prefix)
                    .append(name)
                    .append(" counter\n")
                    .append(prefix)
                    .append(name)
                    .append(' ')
                    .append(count)
                    .append('\n'));
  }

  /** Clusters and their endpoints, in the text form of Envoy's admin page /clusters. */
  public String clustersText() {
    return ask(
        () -> {
          StringBuilder b = new StringBuilder();
          for (ClusterRuntime c : state.clusters().all()) {
            for (Host host : c.hosts()) {
              String prefix =
                  c.cluster().name()
                      + "::"
                      + host.address().getAddress().getHostAddress()
                      + ":"
                      + host.address().getPort()
                      + "::";
              b.append(prefix).append("rq_active::").append(host.active()).append('\n');
              b.append(prefix).append("rq_total::").append(host.requests()).append('\n');
              b.append(prefix).append("rq_error::").append(host.failures()).append('\n');
              b.append(prefix).append("health_flags::").append(host.healthFlags()).append('\n');
              b.append(prefix).append("weight::").append(host.endpoint().weight()).append('\n');
            }
          }
          return b.toString();
        },
        "");
  }

  private <T> T ask(Supplier<T> question, T otherwise) {
    if (loop.inEventLoop()) {
      return question.get();
    }
    CompletableFuture<T> answer = new CompletableFuture<>();
    try {
      loop.execute(() -> answer.complete(question.get()));
      return answer.get(ASK_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return otherwise;
    } catch (ExecutionException
        | TimeoutException
        | java.util.concurrent.RejectedExecutionException e) {
      return otherwise;
    }
  }

  /**
   * Accepts nothing more and lets what is under way end.
   *
   * @return done once no connection is left, or the configured time has passed
   */
  public CompletableFuture<Void> drain() {
    CompletableFuture<Void> done = new CompletableFuture<>();
    long deadline = System.nanoTime() + config.drain().toNanos();
    loop.execute(
        () -> {
          state.startDraining();
          listeners.drain();
          awaitDrained(deadline, done);
        });
    return done;
  }

  private void awaitDrained(long deadline, CompletableFuture<Void> done) {
    if (listeners.connections() == 0 || System.nanoTime() - deadline >= 0) {
      listeners.closeConnections();
      done.complete(null);
    } else {
      loop.schedule(() -> awaitDrained(deadline, done), 20, TimeUnit.MILLISECONDS);
    }
  }

  /** Ends everything at once; see {@link #drain} for the gentle way. */
  @Override
  public void close() {
    loop.execute(
        () -> {
          listeners.drain();
          listeners.closeConnections();
          state.pool().close();
          state.clusters().close();
        });
    group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS);
    // Last, so that what the closing ended is in the logs.
    state.accessLogs().close();
  }
}
