// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.flotilla.model.cluster.Cluster;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

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
    new Call(runtime.get(), host.get(), parsed.get(), timeout, done).start();
  }

  private static Optional<URI> parse(String uri) {
    try {
      URI parsed = URI.create(uri);
      return parsed.getRawAuthority() == null ? Optional.empty() : Optional.of(parsed);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private final class Call implements UpstreamStream.Listener {
    private final ClusterRuntime cluster;
    private final Host host;
    private final URI uri;
    private final Consumer<Optional<String>> done;
    private final Future<?> timer;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private int status;
    private boolean over;
    private @Nullable UpstreamStream stream;

    Call(
        ClusterRuntime cluster,
        Host host,
        URI uri,
        Duration timeout,
        Consumer<Optional<String>> done) {
      this.cluster = cluster;
      this.host = host;
      this.uri = uri;
      this.done = done;
      long millis = timeout.isZero() ? 5_000 : timeout.toMillis();
      this.timer = loop.schedule(() -> end(false), millis, TimeUnit.MILLISECONDS);
    }

    void start() {
      host.started();
      boolean http2 = cluster.cluster().http() == Cluster.HttpUpstream.HTTP2;
      pool.acquire(
          cluster,
          host,
          http2 ? UpstreamPool.Protocol.HTTP2 : UpstreamPool.Protocol.HTTP1,
          List.of(),
          null,
          this,
          this::connected,
          cause -> end(false));
    }

    private void connected(UpstreamStream ready) {
      if (over) {
        ready.release(false);
        return;
      }
      stream = ready;
      String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
      String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
      FullHttpRequest request =
          new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, path + query);
      request.headers().set("host", uri.getRawAuthority());
      request.headers().set("accept", "application/json");
      ready.channel().writeAndFlush(request);
      ready.channel().read();
    }

    @Override
    public void received(Object message) {
      try {
        if (over) {
          return;
        }
        if (message instanceof HttpResponse response) {
          status = response.status().code();
          if (response.decoderResult().isFailure()) {
            end(false);
            return;
          }
        }
        if (message instanceof HttpContent content) {
          if (content.decoderResult().isFailure()
              || body.size() + content.content().readableBytes() > LARGEST) {
            end(false);
            return;
          }
          byte[] bytes = new byte[content.content().readableBytes()];
          content.content().readBytes(bytes);
          body.writeBytes(bytes);
          if (message instanceof LastHttpContent && status >= 200) {
            end(true);
          }
        }
      } finally {
        ReferenceCountUtil.release(message);
      }
    }

    @Override
    public void readComplete() {
      UpstreamStream from = stream;
      if (from != null && !over) {
        from.channel().read();
      }
    }

    @Override
    public void writabilityChanged(boolean writable) {}

    @Override
    public void broken(boolean refused) {
      stream = null;
      end(false);
    }

    private void end(boolean whole) {
      if (over) {
        return;
      }
      over = true;
      timer.cancel(false);
      host.ended();
      cluster.outcome(
          host,
          whole ? ClusterRuntime.Outcome.ofStatus(status) : ClusterRuntime.Outcome.LOCAL_FAILURE);
      UpstreamStream open = stream;
      stream = null;
      if (open != null) {
        open.release(whole);
      }
      done.accept(
          whole && status == 200
              ? Optional.of(body.toString(StandardCharsets.UTF_8))
              : Optional.empty());
    }
  }
}
