// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import io.flotilla.model.cluster.HealthCheck;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Sends a request: of HTTP, judged by its status, or of gRPC's health service. */
final class HttpProbe implements Probe, UpstreamStream.Listener {
  private static final int LARGEST = 64 * 1024;
  private static final int GRPC_FRAME_HEAD = 5;
  private static final int SERVING = 1;

  private final UpstreamPool pool;
  private final ClusterRuntime cluster;
  private final Host host;
  private final boolean http2;
  private final boolean reuse;
  private final HealthCheck.@Nullable Http http;
  private final Supplier<FullHttpRequest> request;
  private final Consumer<Answer> done;
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private @Nullable UpstreamStream stream;
  private @Nullable HttpResponse head;
  private boolean over;

  private HttpProbe(
      UpstreamPool pool,
      ClusterRuntime cluster,
      Host host,
      boolean http2,
      boolean reuse,
      HealthCheck.@Nullable Http http,
      Supplier<FullHttpRequest> request,
      Consumer<Answer> done) {
    this.pool = pool;
    this.cluster = cluster;
    this.host = host;
    this.http2 = http2;
    this.reuse = reuse;
    this.http = http;
    this.request = request;
    this.done = done;
  }

  static HttpProbe http(
      UpstreamPool pool,
      ClusterRuntime cluster,
      Host host,
      HealthCheck.Http check,
      boolean reuse,
      String name,
      Consumer<Answer> done) {
    return new HttpProbe(
        pool,
        cluster,
        host,
        check.http2(),
        reuse,
        check,
        () -> {
          FullHttpRequest request =
              new DefaultFullHttpRequest(
                  HttpVersion.HTTP_1_1, HttpMethod.valueOf(check.method()), check.path());
          request.headers().set("host", check.host().isEmpty() ? name : check.host());
          request.headers().set("user-agent", "Envoy/HC");
          if (HttpMethod.POST.equals(request.method()) || HttpMethod.PUT.equals(request.method())) {
            request.headers().set("content-length", "0");
          }
          check.headers().forEach(request.headers()::set);
          return request;
        },
        done);
  }

  static HttpProbe grpc(
      UpstreamPool pool,
      ClusterRuntime cluster,
      Host host,
      HealthCheck.Grpc check,
      boolean reuse,
      String name,
      Consumer<Answer> done) {
    return new HttpProbe(
        pool,
        cluster,
        host,
        true,
        reuse,
        null,
        () -> {
          FullHttpRequest request =
              new DefaultFullHttpRequest(
                  HttpVersion.HTTP_1_1,
                  HttpMethod.POST,
                  "/grpc.health.v1.Health/Check",
                  question(check.service()));
          request.headers().set("host", check.authority().isEmpty() ? name : check.authority());
          request.headers().set("user-agent", "Envoy/HC");
          request.headers().set("content-type", "application/grpc");
          request.headers().set("te", "trailers");
          return request;
        },
        done);
  }

  // HealthCheckRequest{service = 1} in a frame of gRPC's.
  private static ByteBuf question(String service) {
    try {
      ByteArrayOutputStream message = new ByteArrayOutputStream();
      if (!service.isEmpty()) {
        CodedOutputStream out = CodedOutputStream.newInstance(message);
        out.writeString(1, service);
        out.flush();
      }
      return Unpooled.buffer()
          .writeByte(0)
          .writeInt(message.size())
          .writeBytes(message.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void start() {
    pool.acquire(
        cluster,
        host,
        http2 ? UpstreamPool.Protocol.HTTP2 : UpstreamPool.Protocol.HTTP1,
        List.of(),
        null,
        this,
        this::connected,
        cause -> end(Answer.FAILED, false));
  }

  private void connected(UpstreamStream ready) {
    if (over) {
      ready.release(false);
      return;
    }
    stream = ready;
    ready.channel().writeAndFlush(request.get());
    ready.channel().read();
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
    if (message instanceof HttpResponse response && response.status().code() >= 200) {
      if (response.decoderResult().isFailure()) {
        end(Answer.FAILED, false);
        return;
      }
      head = response;
    }
    HttpResponse answer = head;
    if (answer != null && message instanceof HttpContent content) {
      if (content.decoderResult().isFailure()
          || body.size() + content.content().readableBytes() > LARGEST) {
        end(Answer.FAILED, false);
        return;
      }
      byte[] bytes = new byte[content.content().readableBytes()];
      content.content().readBytes(bytes);
      body.writeBytes(bytes);
      if (message instanceof LastHttpContent last) {
        end(http != null ? ofStatus(http, answer) : ofGrpc(answer, last), true);
      }
    }
  }

  private static Answer ofStatus(HealthCheck.Http check, HttpResponse answer) {
    int status = answer.status().code();
    boolean well = check.expected().isEmpty() ? status == 200 : within(check.expected(), status);
    if (well) {
      return answer.headers().contains("x-envoy-degraded") ? Answer.DEGRADED : Answer.WELL;
    }
    return within(check.tolerated(), status) ? Answer.FAILED : Answer.SICK;
  }

  private static boolean within(List<HealthCheck.Statuses> ranges, int status) {
    return ranges.stream().anyMatch(r -> status >= r.start() && status < r.end());
  }

  private Answer ofGrpc(HttpResponse answer, LastHttpContent last) {
    String status = last.trailingHeaders().get("grpc-status");
    boolean ok =
        answer.status().code() == 200
            && "0".equals(status == null ? answer.headers().get("grpc-status") : status);
    return ok && serves(body.toByteArray()) ? Answer.WELL : Answer.SICK;
  }

  // HealthCheckResponse{status = 1}
  private static boolean serves(byte[] frame) {
    if (frame.length < GRPC_FRAME_HEAD
        || frame[0] != 0
        || ByteBuffer.wrap(frame, 1, 4).getInt() != frame.length - GRPC_FRAME_HEAD) {
      return false;
    }
    try {
      CodedInputStream in =
          CodedInputStream.newInstance(Arrays.copyOfRange(frame, GRPC_FRAME_HEAD, frame.length));
      int found = 0;
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (tag == (1 << 3 | WireFormat.WIRETYPE_VARINT)) {
          found = in.readEnum();
        } else {
          in.skipField(tag);
        }
      }
      return found == SERVING;
    } catch (IOException e) {
      return false;
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
    // An HTTP/1 connection still has to be given back, so that the pool counts it out.
    end(Answer.FAILED, false);
  }

  @Override
  public void cancel() {
    end(Answer.FAILED, false);
  }

  private void end(Answer answer, boolean whole) {
    if (over) {
      return;
    }
    over = true;
    UpstreamStream open = stream;
    stream = null;
    if (open != null) {
      open.release(whole && reuse && head != null && (http2 || HttpUtil.isKeepAlive(head)));
    }
    done.accept(answer);
  }
}
