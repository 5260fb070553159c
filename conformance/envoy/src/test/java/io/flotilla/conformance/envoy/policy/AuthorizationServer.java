// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.policy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.envoyproxy.envoy.service.auth.v3.AuthorizationGrpc;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import io.envoyproxy.envoy.service.auth.v3.CheckResponse;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Authorization services by gRPC and by HTTP, which answer as told and keep what they were asked.
 */
final class AuthorizationServer implements AutoCloseable {
  private final Server grpc;
  private final HttpServer http;
  final BlockingQueue<CheckRequest> checks = new LinkedBlockingQueue<>();
  final BlockingQueue<String> calls = new LinkedBlockingQueue<>();
  final BlockingQueue<Metadata> metadata = new LinkedBlockingQueue<>();
  volatile Answer answer = Answer.of(CheckResponse.getDefaultInstance());
  volatile HttpAnswer httpAnswer = exchange -> exchange.sendResponseHeaders(200, -1);

  /** By gRPC. */
  interface Answer {
    void give(CheckRequest request, StreamObserver<CheckResponse> to);

    static Answer of(CheckResponse response) {
      return (request, to) -> {
        to.onNext(response);
        to.onCompleted();
      };
    }

    static Answer error(Status status) {
      return (request, to) -> to.onError(status.asRuntimeException());
    }

    static Answer never() {
      return (request, to) -> {};
    }
  }

  /** By HTTP. */
  interface HttpAnswer {
    void give(HttpExchange exchange) throws IOException;
  }

  AuthorizationServer() throws IOException {
    grpc =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(
                ServerInterceptors.intercept(
                    new AuthorizationGrpc.AuthorizationImplBase() {
                      @Override
                      public void check(
                          CheckRequest request, StreamObserver<CheckResponse> responses) {
                        checks.add(request);
                        answer.give(request, responses);
                      }
                    },
                    new ServerInterceptor() {
                      @Override
                      public <Q, A> ServerCall.Listener<Q> interceptCall(
                          ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
                        metadata.add(headers);
                        return next.startCall(call, headers);
                      }
                    }))
            .build()
            .start();
    http = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    http.createContext(
        "/",
        exchange -> {
          TreeMap<String, String> headers = new TreeMap<>();
          exchange
              .getRequestHeaders()
              .forEach((n, v) -> headers.put(n.toLowerCase(Locale.ROOT), String.join(",", v)));
          String body =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          calls.add(
              exchange.getRequestMethod()
                  + " "
                  + exchange.getRequestURI()
                  + " "
                  + headers
                  + " "
                  + body);
          httpAnswer.give(exchange);
          exchange.close();
        });
    http.start();
  }

  int grpcPort() {
    return grpc.getPort();
  }

  int httpPort() {
    return http.getAddress().getPort();
  }

  @Nullable CheckRequest lastCheck() {
    CheckRequest last = null;
    for (CheckRequest each = checks.poll(); each != null; each = checks.poll()) {
      last = each;
    }
    return last;
  }

  String lastCall() {
    String last = "";
    for (String each = calls.poll(); each != null; each = calls.poll()) {
      last = each;
    }
    return last;
  }

  @Override
  public void close() {
    grpc.shutdownNow();
    http.stop(0);
  }
}
