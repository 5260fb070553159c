// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteMatch;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** gRPC through two engines: HTTP/2 from the client, between the engines and to the application. */
class GrpcIT {
  private static final MethodDescriptor.Marshaller<byte[]> BYTES =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return stream.readAllBytes();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };
  private static final MethodDescriptor<byte[], byte[]> UNARY = method("unary", MethodType.UNARY);
  private static final MethodDescriptor<byte[], byte[]> FAIL = method("fail", MethodType.UNARY);
  private static final MethodDescriptor<byte[], byte[]> NEVER = method("never", MethodType.UNARY);
  private static final MethodDescriptor<byte[], byte[]> BIDI =
      method("bidi", MethodType.BIDI_STREAMING);

  private final TestMesh mesh = new TestMesh();
  private final EngineFixture client = new EngineFixture("client");
  private final EngineFixture server = new EngineFixture("server");
  private final CompletableFuture<Void> cancelled = new CompletableFuture<>();
  private Server app;
  private ManagedChannel channel;

  private static MethodDescriptor<byte[], byte[]> method(String name, MethodType type) {
    return MethodDescriptor.<byte[], byte[]>newBuilder(BYTES, BYTES)
        .setFullMethodName("test.Echo/" + name)
        .setType(type)
        .build();
  }

  @BeforeEach
  void start() throws IOException {
    app =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(
                ServerServiceDefinition.builder("test.Echo")
                    .addMethod(UNARY, ServerCalls.asyncUnaryCall(this::echo))
                    .addMethod(
                        FAIL,
                        ServerCalls.asyncUnaryCall(
                            (r, answer) ->
                                answer.onError(
                                    Status.FAILED_PRECONDITION
                                        .withDescription("not today")
                                        .asRuntimeException())))
                    .addMethod(
                        NEVER,
                        ServerCalls.asyncUnaryCall(
                            (r, answer) ->
                                ((io.grpc.stub.ServerCallStreamObserver<byte[]>) answer)
                                    .setOnCancelHandler(() -> cancelled.complete(null))))
                    .addMethod(BIDI, ServerCalls.asyncBidiStreamingCall(GrpcIT::echoAll))
                    .build())
            .build()
            .start();
    server.apply(
        TestMesh.snapshot(
            1,
            List.of(TestMesh.inbound(TestMesh.toApp(), false)),
            List.of(),
            List.of(TestMesh.http2("app", app.getPort())),
            mesh.secrets("server")));
    client.apply(
        TestMesh.snapshot(
            1,
            List.of(TestMesh.outbound()),
            List.of(TestMesh.routes(Route.of("r", RouteMatch.ANY, RouteAction.Forward.to("echo")))),
            List.of(
                TestMesh.mutual(
                    "echo", Cluster.HttpUpstream.HTTP2, "server", server.port(TestMesh.IN))),
            mesh.secrets("client")));
    channel =
        NettyChannelBuilder.forAddress(client.address(TestMesh.OUT))
            .usePlaintext()
            .overrideAuthority("echo.default")
            .build();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    client.close();
    server.close();
    app.shutdownNow();
  }

  private void echo(byte[] request, StreamObserver<byte[]> answer) {
    answer.onNext(request);
    answer.onCompleted();
  }

  private static StreamObserver<byte[]> echoAll(StreamObserver<byte[]> answer) {
    return new StreamObserver<>() {
      @Override
      public void onNext(byte[] value) {
        answer.onNext(value);
      }

      @Override
      public void onError(Throwable t) {}

      @Override
      public void onCompleted() {
        answer.onCompleted();
      }
    };
  }

  @Test
  void carriesCallsWithTrailers() throws Exception {
    byte[] big = new byte[1 << 20];

    for (int i = 0; i < 20; i++) {
      assertThat(ClientCalls.blockingUnaryCall(channel, UNARY, CallOptions.DEFAULT, big))
          .hasSize(1 << 20);
    }

    Await.until(
        () ->
            assertThat(server.engine.metricsText())
                .contains("request_protocol=\"grpc\"")
                .contains("grpc_response_status=\"0\""));
  }

  @Test
  void carriesBigMessages() {
    byte[] message = new byte[3 * 1024 * 1024];
    new java.util.Random(1).nextBytes(message);

    assertThat(ClientCalls.blockingUnaryCall(channel, UNARY, CallOptions.DEFAULT, message))
        .isEqualTo(message);
  }

  @Test
  void carriesManyCallsAtOnce() throws Exception {
    List<Future<byte[]>> calls = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      calls.add(
          ClientCalls.futureUnaryCall(
              channel.newCall(UNARY, CallOptions.DEFAULT), new byte[] {(byte) i}));
    }
    for (int i = 0; i < calls.size(); i++) {
      assertThat(calls.get(i).get(10, TimeUnit.SECONDS)).containsExactly((byte) i);
    }
  }

  @Test
  void carriesStatusesOfFailedCalls() {
    assertThatThrownBy(
            () -> ClientCalls.blockingUnaryCall(channel, FAIL, CallOptions.DEFAULT, new byte[1]))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
              assertThat(e.getStatus().getDescription()).isEqualTo("not today");
            });
  }

  @Test
  void streamsBothWaysAtOnce() throws Exception {
    AtomicInteger received = new AtomicInteger();
    CompletableFuture<Void> done = new CompletableFuture<>();
    StreamObserver<byte[]> requests =
        ClientCalls.asyncBidiStreamingCall(
            channel.newCall(BIDI, CallOptions.DEFAULT),
            new StreamObserver<>() {
              @Override
              public void onNext(byte[] value) {
                received.incrementAndGet();
              }

              @Override
              public void onError(Throwable t) {
                done.completeExceptionally(t);
              }

              @Override
              public void onCompleted() {
                done.complete(null);
              }
            });

    requests.onNext(new byte[10]);
    Await.until(() -> assertThat(received).hasValue(1));
    for (int i = 0; i < 500; i++) {
      requests.onNext(new byte[10_000]);
    }
    requests.onCompleted();

    done.get(20, TimeUnit.SECONDS);
    assertThat(received).hasValue(501);
  }

  @Test
  void passesCancellationOn() throws Exception {
    ClientCalls.blockingUnaryCall(channel, UNARY, CallOptions.DEFAULT, new byte[1]);

    assertThatThrownBy(
            () ->
                ClientCalls.blockingUnaryCall(
                    channel,
                    NEVER,
                    CallOptions.DEFAULT.withDeadlineAfter(1000, TimeUnit.MILLISECONDS),
                    new byte[1]))
        .hasMessageContaining("DEADLINE_EXCEEDED");

    cancelled.get(60, TimeUnit.SECONDS);
  }

  @Test
  void drainsHttp2ByGoAway() throws Exception {
    ClientCalls.blockingUnaryCall(channel, UNARY, CallOptions.DEFAULT, new byte[1]);

    client.engine.drain().get(60, TimeUnit.SECONDS);

    assertThat(client.engine.connections()).isZero();
  }
}
