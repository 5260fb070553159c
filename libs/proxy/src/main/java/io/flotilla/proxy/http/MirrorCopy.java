// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.proxy.internal.EngineState;
import io.flotilla.proxy.upstream.ClusterRuntime;
import io.flotilla.proxy.upstream.Host;
import io.flotilla.proxy.upstream.UpstreamPool;
import io.flotilla.proxy.upstream.UpstreamStream;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A copy of a request that goes to a mirror, whose answer is dropped. It never slows the request
 * down: a mirror that is slow, or a body beyond the limit, ends the copy.
 */
final class MirrorCopy implements UpstreamStream.Listener {
  private static final int MAX_WAITING_BYTES = 256 * 1024;
  private static final long TIMEOUT_SECONDS = 15;

  private final ClusterRuntime cluster;
  private final Host host;
  private final HttpRequest head;
  private final ArrayDeque<HttpContent> waiting = new ArrayDeque<>();
  private final Future<?> timer;
  private int waitingBytes;
  private boolean requestEnded;
  private boolean over;
  private @Nullable UpstreamStream stream;

  /**
   * Starts the copy.
   *
   * @param head is sent as it is
   */
  MirrorCopy(
      EngineState engine,
      ClusterRuntime cluster,
      Host host,
      UpstreamPool.Protocol protocol,
      List<String> alpn,
      HttpRequest head) {
    this.cluster = cluster;
    this.host = host;
    this.head = head;
    this.timer = engine.loop().schedule(this::end, TIMEOUT_SECONDS, TimeUnit.SECONDS);
    host.started();
    engine
        .pool()
        .acquire(cluster, host, protocol, alpn, null, false, this, this::connected, cause -> end());
  }

  /** "a.b:80" as "a.b-shadow:80", as Envoy marks copies. */
  static void markAsShadow(HttpHeaders headers) {
    String authority = headers.get("host", "");
    int colon = authority.lastIndexOf(':');
    boolean port = colon > authority.lastIndexOf(']');
    headers.set(
        "host",
        port
            ? authority.substring(0, colon) + "-shadow" + authority.substring(colon)
            : authority + "-shadow");
  }

  private void connected(UpstreamStream ready) {
    if (over) {
      ready.release(false);
      return;
    }
    stream = ready;
    ready.write(head);
    for (HttpContent content = waiting.poll(); content != null; content = waiting.poll()) {
      ready.write(content);
    }
    ready.flush();
    ready.read();
  }

  /** A part of the body; taken over. */
  void body(HttpContent content) {
    UpstreamStream to = stream;
    waitingBytes += to == null ? content.content().readableBytes() : 0;
    if (over || waitingBytes > MAX_WAITING_BYTES || (to != null && !to.isWritable())) {
      content.release();
      end();
      return;
    }
    requestEnded = content instanceof LastHttpContent;
    if (to == null) {
      waiting.add(content);
    } else {
      to.write(content);
      to.flush();
    }
  }

  @Override
  public void received(Object message) {
    boolean last = message instanceof LastHttpContent;
    ReferenceCountUtil.release(message);
    UpstreamStream from = stream;
    if (last && from != null && !over) {
      stream = null;
      from.release(requestEnded);
      end();
    }
  }

  @Override
  public void readComplete() {
    if (stream != null) {
      stream.read();
    }
  }

  @Override
  public void writabilityChanged(boolean writable) {}

  @Override
  public void broken(boolean refused) {
    stream = null;
    end();
  }

  /** The request ended without its end: so does the copy. */
  void end() {
    if (over) {
      return;
    }
    over = true;
    timer.cancel(false);
    host.ended();
    cluster.outcome(host, ClusterRuntime.Outcome.SUCCESS);
    waiting.forEach(ReferenceCountUtil::release);
    waiting.clear();
    UpstreamStream open = stream;
    stream = null;
    if (open != null) {
      open.release(false);
    }
  }
}
