// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A small request of the proxy's own, and its answer, taken whole within a bound. */
final class WholeAnswer implements UpstreamStream.Listener {
  private final int largest;
  private final Supplier<FullHttpRequest> request;
  private final Predicate<HttpResponse> reusable;
  private final Consumer<Optional<Answer>> done;
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private @Nullable UpstreamStream stream;
  private @Nullable HttpResponse head;
  private boolean over;

  /** What came back. */
  record Answer(HttpResponse head, byte[] body, HttpHeaders trailers) {
    int status() {
      return head.status().code();
    }
  }

  /**
   * Nothing is sent yet.
   *
   * @param largest bytes that the answer's body may have
   * @param reusable whether the connection may serve others after this answer
   * @param done told once; empty: there is no whole answer
   */
  WholeAnswer(
      int largest,
      Supplier<FullHttpRequest> request,
      Predicate<HttpResponse> reusable,
      Consumer<Optional<Answer>> done) {
    this.largest = largest;
    this.request = request;
    this.reusable = reusable;
    this.done = done;
  }

  void start(UpstreamPool pool, ClusterRuntime cluster, Host host, boolean http2) {
    pool.acquire(
        cluster,
        host,
        http2 ? UpstreamPool.Protocol.HTTP2 : UpstreamPool.Protocol.HTTP1,
        List.of(),
        null,
        false,
        this,
        this::connected,
        cause -> cancel());
  }

  private void connected(UpstreamStream ready) {
    if (over) {
      ready.release(false);
      return;
    }
    stream = ready;
    ready.write(request.get());
    ready.flush();
    ready.read();
  }

  @Override
  public void received(Object message) {
    try {
      if (!over) {
        take(message);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void take(Object message) {
    if (message instanceof HttpResponse response) {
      if (response.decoderResult().isFailure()) {
        cancel();
        return;
      }
      if (response.status().code() >= 200) {
        head = response;
      }
    }
    HttpResponse answer = head;
    if (answer == null || !(message instanceof HttpContent content)) {
      return;
    }
    if (content.decoderResult().isFailure()
        || body.size() + content.content().readableBytes() > largest) {
      cancel();
      return;
    }
    byte[] bytes = new byte[content.content().readableBytes()];
    content.content().readBytes(bytes);
    body.writeBytes(bytes);
    if (message instanceof LastHttpContent last) {
      end(Optional.of(new Answer(answer, body.toByteArray(), last.trailingHeaders())));
    }
  }

  @Override
  public void readComplete() {
    UpstreamStream from = stream;
    if (from != null && !over) {
      from.read();
    }
  }

  @Override
  public void writabilityChanged(boolean writable) {}

  @Override
  public void broken(boolean refused) {
    cancel();
  }

  /** Waits no longer. */
  void cancel() {
    end(Optional.empty());
  }

  private void end(Optional<Answer> answer) {
    if (over) {
      return;
    }
    over = true;
    UpstreamStream open = stream;
    stream = null;
    if (open != null) {
      open.release(answer.isPresent() && reusable.test(answer.get().head()));
    }
    done.accept(answer);
  }
}
