// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.flotilla.model.cluster.Cluster;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.Promise;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Gets small texts for the engine itself, through the clusters that its configuration names. */
public final class UpstreamGet {
  private static final int LARGEST = 1024 * 1024;

  private final EventLoop loop;
  private final Clusters clusters;
  private final UpstreamPool pool;

  public UpstreamGet(EventLoop loop, Clusters clusters, UpstreamPool pool) {
    this.loop = loop;
    this.clusters = clusters;
    this.pool = pool;
  }

  /**
   * Gets what is at a URI; nothing, if the answer is not 200, too large, or late.
   *
   * @param done called once, on the event loop
   */
  public void get(String uri, String cluster, Duration timeout, Consumer<Optional<String>> done) {
    Optional<ClusterRuntime> runtime = clusters.get(cluster);
    Optional<Host> host = runtime.flatMap(c -> c.choose(null, Set.of(), null, 0));
    Optional<URI> parsed = parse(uri);
    if (runtime.isEmpty() || host.isEmpty() || parsed.isEmpty()) {
      loop.execute(() -> done.accept(Optional.empty()));
      return;
    }
    start(runtime.get(), host.get(), parsed.get(), timeout, done);
  }

  private void start(
      ClusterRuntime cluster,
      Host host,
      URI uri,
      Duration timeout,
      Consumer<Optional<String>> done) {
    Promise<Void> answered = loop.newPromise();
    WholeAnswer exchange =
        new WholeAnswer(
            LARGEST,
            () -> request(uri),
            head -> true,
            answer -> {
              answered.setSuccess(null);
              host.ended();
              cluster.outcome(
                  host,
                  answer
                      .map(a -> ClusterRuntime.Outcome.ofStatus(a.status()))
                      .orElse(ClusterRuntime.Outcome.LOCAL_FAILURE));
              done.accept(
                  answer
                      .filter(a -> a.status() == 200)
                      .map(a -> new String(a.body(), StandardCharsets.UTF_8)));
            });
    long millis = timeout.isZero() ? 5_000 : timeout.toMillis();
    Future<?> timer = loop.schedule(exchange::cancel, millis, TimeUnit.MILLISECONDS);
    answered.addListener(over -> timer.cancel(false));
    host.started();
    exchange.start(pool, cluster, host, cluster.cluster().http() == Cluster.HttpUpstream.HTTP2);
  }

  private static FullHttpRequest request(URI uri) {
    String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    FullHttpRequest request =
        new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, path + query);
    request.headers().set("host", uri.getRawAuthority());
    request.headers().set("accept", "application/json");
    return request;
  }

  private static Optional<URI> parse(String uri) {
    try {
      URI parsed = URI.create(uri);
      return parsed.getRawAuthority() == null ? Optional.empty() : Optional.of(parsed);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
