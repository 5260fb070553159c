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
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/** Sends a request: of HTTP, judged by its status, or of gRPC's health service. */
final class HttpProbe implements Probe {
  private static final int LARGEST = 64 * 1024;
  private static final int GRPC_FRAME_HEAD = 5;
  private static final int SERVING = 1;

  private final UpstreamPool pool;
  private final ClusterRuntime cluster;
  private final Host host;
  private final boolean http2;
  private final WholeAnswer exchange;

  private HttpProbe(
      UpstreamPool pool,
      ClusterRuntime cluster,
      Host host,
      boolean http2,
      boolean reuse,
      Supplier<FullHttpRequest> request,
      Function<WholeAnswer.Answer, Answer> judge,
      Consumer<Answer> done) {
    this.pool = pool;
    this.cluster = cluster;
    this.host = host;
    this.http2 = http2;
    this.exchange =
        new WholeAnswer(
            LARGEST,
            request,
            head -> reuse && (http2 || HttpUtil.isKeepAlive(head)),
            answer -> done.accept(answer.map(judge).orElse(Answer.FAILED)));
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
        answer -> ofStatus(check, answer),
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
        HttpProbe::ofGrpc,
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
    exchange.start(pool, cluster, host, http2);
  }

  private static Answer ofStatus(HealthCheck.Http check, WholeAnswer.Answer answer) {
    int status = answer.status();
    boolean well = check.expected().isEmpty() ? status == 200 : within(check.expected(), status);
    if (well) {
      return answer.head().headers().contains("x-envoy-degraded") ? Answer.DEGRADED : Answer.WELL;
    }
    return within(check.tolerated(), status) ? Answer.FAILED : Answer.SICK;
  }

  private static boolean within(List<HealthCheck.Statuses> ranges, int status) {
    return ranges.stream().anyMatch(r -> status >= r.start() && status < r.end());
  }

  private static Answer ofGrpc(WholeAnswer.Answer answer) {
    String status = answer.trailers().get("grpc-status");
    boolean ok =
        answer.status() == 200
            && "0".equals(status == null ? answer.head().headers().get("grpc-status") : status);
    return ok && serves(answer.body()) ? Answer.WELL : Answer.SICK;
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
  public void cancel() {
    exchange.cancel();
  }
}
