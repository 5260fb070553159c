// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.flotilla.model.cluster.Cluster;
import io.flotilla.proxy.metrics.ClusterStat;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The engine's own requests to services that its configuration names: through their clusters, with
 * their TLS, balancing, breakers and statistics, on pooled connections. Used on the event loop.
 */
public final class UpstreamCalls {
  private static final int GRPC_FRAME_HEAD = 5;

  private final EventLoop loop;
  private final Clusters clusters;
  private final UpstreamPool pool;

  public UpstreamCalls(EventLoop loop, Clusters clusters, UpstreamPool pool) {
    this.loop = loop;
    this.clusters = clusters;
    this.pool = pool;
  }

  /** A call under way. */
  public interface Call {
    /** Waits no longer; the asker is told nothing any more. */
    void cancel();
  }

  /** A whole answer. */
  public record Answer(int status, HttpHeaders headers, byte[] body, HttpHeaders trailers) {}

  /**
   * Sends a request.
   *
   * @param request made once there is a connection
   * @param timeout zero: none
   * @param largest bytes that the answer's body may have
   * @param done told once, never before this returns; empty: there is no whole answer in time
   */
  public Call send(
      String cluster,
      boolean http2,
      Supplier<FullHttpRequest> request,
      Duration timeout,
      int largest,
      Consumer<Optional<Answer>> done) {
    Optional<ClusterRuntime> runtime = clusters.get(cluster);
    Optional<Host> host = runtime.flatMap(c -> c.choose(null, Map.of(), null, null));
    Under call = new Under(done);
    if (runtime.isEmpty() || host.isEmpty() || !runtime.get().breaker(false).tryRequest()) {
      if (runtime.isPresent() && host.isEmpty()) {
        runtime.get().stats().add(ClusterStat.UPSTREAM_CX_NONE_HEALTHY);
      }
      loop.execute(() -> call.end(Optional.empty()));
      return call;
    }
    call.start(runtime.get(), host.get(), http2, request, timeout, largest);
    return call;
  }

  private final class Under implements Call {
    private final Consumer<Optional<Answer>> done;
    private boolean over;
    private boolean quiet;
    private boolean sent;
    private @Nullable WholeAnswer exchange;
    private @Nullable Future<?> timer;

    Under(Consumer<Optional<Answer>> done) {
      this.done = done;
    }

    void start(
        ClusterRuntime cluster,
        Host host,
        boolean http2,
        Supplier<FullHttpRequest> request,
        Duration timeout,
        int largest) {
      long started = System.nanoTime();
      WholeAnswer whole =
          new WholeAnswer(
              largest,
              () -> {
                sent = true;
                host.connected();
                cluster.stats().add(ClusterStat.UPSTREAM_RQ_TOTAL);
                cluster.stats().add(ClusterStat.UPSTREAM_RQ_ACTIVE);
                return request.get();
              },
              head -> true,
              answer -> {
                cluster.breaker(false).requestEnded();
                host.ended();
                if (sent) {
                  cluster.stats().subtract(ClusterStat.UPSTREAM_RQ_ACTIVE);
                }
                answer.ifPresent(
                    a -> {
                      cluster.stats().answered(a.status(), true);
                      cluster.stats().took((System.nanoTime() - started) / 1_000_000);
                    });
                if (!quiet) {
                  cluster.outcome(
                      host,
                      answer
                          .map(a -> ClusterRuntime.Outcome.ofStatus(a.status()))
                          .orElse(ClusterRuntime.Outcome.LOCAL_FAILURE));
                }
                Optional<Answer> told =
                    answer.map(
                        a -> new Answer(a.status(), a.head().headers(), a.body(), a.trailers()));
                // An endpoint that fails at once must not come back before the caller has gone on.
                loop.execute(() -> end(told));
              });
      exchange = whole;
      if (!timeout.isZero()) {
        timer =
            loop.schedule(
                () -> {
                  cluster.stats().add(ClusterStat.UPSTREAM_RQ_TIMEOUT);
                  whole.cancel();
                },
                timeout.toMillis(),
                TimeUnit.MILLISECONDS);
      }
      host.started();
      whole.start(
          pool, cluster, host, http2 || cluster.cluster().http() == Cluster.HttpUpstream.HTTP2);
    }

    void end(Optional<Answer> answer) {
      if (over) {
        return;
      }
      over = true;
      if (timer != null) {
        timer.cancel(false);
      }
      done.accept(answer);
    }

    @Override
    public void cancel() {
      over = true;
      quiet = true;
      if (timer != null) {
        timer.cancel(false);
      }
      if (exchange != null) {
        exchange.cancel();
      }
    }
  }

  /**
   * Calls a gRPC method that takes one message and answers one.
   *
   * @param path "/package.Service/Method"
   * @param done told once; empty: the answer is late, malformed, too large, or not OK
   */
  public Call grpc(
      String cluster,
      String authority,
      String path,
      Map<String, String> metadata,
      byte[] message,
      Duration timeout,
      int largest,
      Consumer<Optional<byte[]>> done) {
    return send(
        cluster,
        true,
        () ->
            grpcRequest(
                authority.isEmpty() ? cluster : authority, path, metadata, message, timeout),
        timeout,
        largest,
        answer -> done.accept(answer.flatMap(UpstreamCalls::grpcMessage)));
  }

  private static FullHttpRequest grpcRequest(
      String authority,
      String path,
      Map<String, String> metadata,
      byte[] message,
      Duration timeout) {
    ByteBuf frame =
        Unpooled.buffer(GRPC_FRAME_HEAD + message.length)
            .writeByte(0)
            .writeInt(message.length)
            .writeBytes(message);
    FullHttpRequest request =
        new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, path, frame);
    HttpHeaders headers = request.headers();
    metadata.forEach(headers::set);
    headers.set("host", authority);
    headers.set("te", "trailers");
    headers.set("content-type", "application/grpc");
    headers.set("x-envoy-internal", "true");
    if (!timeout.isZero()) {
      headers.set("grpc-timeout", timeout.toMillis() + "m");
    }
    return request;
  }

  private static Optional<byte[]> grpcMessage(Answer answer) {
    String status = answer.trailers().get("grpc-status");
    byte[] frame = answer.body();
    boolean ok =
        answer.status() == 200
            && "0".equals(status == null ? answer.headers().get("grpc-status") : status)
            && frame.length >= GRPC_FRAME_HEAD
            && frame[0] == 0
            && ByteBuffer.wrap(frame, 1, 4).getInt() == frame.length - GRPC_FRAME_HEAD;
    return ok
        ? Optional.of(Arrays.copyOfRange(frame, GRPC_FRAME_HEAD, frame.length))
        : Optional.empty();
  }
}
