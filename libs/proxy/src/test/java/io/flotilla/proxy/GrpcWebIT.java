// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteMatch;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** gRPC-Web, byte by byte: grpc-java answers, and a real Envoy says what a browser must get. */
class GrpcWebIT {
  private static final String WEB = "application/grpc-web";
  private static final String TEXT = "application/grpc-web-text";
  private static final EngineFixture proxy = new EngineFixture("edge");
  private static @TempDir Path folder;
  private static Server app;
  private static EnvoyPeer envoy;

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

  private static MethodDescriptor<byte[], byte[]> method(String name) {
    return MethodDescriptor.<byte[], byte[]>newBuilder(BYTES, BYTES)
        .setFullMethodName("test.Echo/" + name)
        .setType(MethodDescriptor.MethodType.SERVER_STREAMING)
        .build();
  }

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(EnvoyPeer.isInstalled(), EnvoyPeer.absence());
    app =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .addService(
                ServerServiceDefinition.builder("test.Echo")
                    .addMethod(
                        method("thrice"), ServerCalls.asyncServerStreamingCall(GrpcWebIT::thrice))
                    .addMethod(
                        method("fail"), ServerCalls.asyncServerStreamingCall(GrpcWebIT::fail))
                    .addMethod(
                        method("late"), ServerCalls.asyncServerStreamingCall(GrpcWebIT::late))
                    .build())
            .build()
            .start();
    proxy.apply(
        TestMesh.snapshot(
            1,
            List.of(TestMesh.grpcWeb()),
            List.of(TestMesh.routes(Route.of("r", RouteMatch.ANY, RouteAction.Forward.to("app")))),
            List.of(TestMesh.http2("app", app.getPort())),
            List.of()));
    envoy =
        new EnvoyPeer(
            folder,
            """
                filter_chains:
                - filters:
                  - name: http
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                      stat_prefix: edge
                      http_filters:
                      - name: web
                        typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.grpc_web.v3.GrpcWeb}
                      - name: router
                        typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
                      route_config:
                        virtual_hosts:
                        - {name: all, domains: ["*"], routes: [{match: {prefix: /}, route: {cluster: app}}]}
            """,
            """
              - name: app
                type: STATIC
                typed_extension_protocol_options:
                  envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
                    "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                    explicit_http_config: {http2_protocol_options: {}}
                load_assignment: {cluster_name: app, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}}]}]}
            """
                .formatted(app.getPort()));
  }

  @AfterAll
  static void stop() {
    proxy.close();
    if (app != null) {
      app.shutdownNow();
    }
    if (envoy != null) {
      envoy.close();
    }
  }

  private static void thrice(byte[] request, StreamObserver<byte[]> answer) {
    for (int i = 0; i < 3; i++) {
      answer.onNext(request);
    }
    answer.onCompleted();
  }

  private static void fail(byte[] request, StreamObserver<byte[]> answer) {
    answer.onError(Status.NOT_FOUND.withDescription("no such thing").asRuntimeException());
  }

  private static void late(byte[] request, StreamObserver<byte[]> answer) {
    answer.onNext(request);
    Metadata trailers = new Metadata();
    trailers.put(Metadata.Key.of("x-more", Metadata.ASCII_STRING_MARSHALLER), "told late");
    answer.onError(Status.DATA_LOSS.withDescription("half").asRuntimeException(trailers));
  }

  private static byte[] message(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(5 + bytes.length)
        .put((byte) 0)
        .putInt(bytes.length)
        .put(bytes)
        .array();
  }

  private static byte[] text(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(Base64.getEncoder().encode(part));
    }
    return out.toByteArray();
  }

  static Stream<Arguments> calls() {
    byte[] hello = message("hello");
    return Stream.of(
        Arguments.of("thrice", WEB, WEB, hello),
        Arguments.of("thrice", WEB + "+proto", WEB + "+proto", message("")),
        Arguments.of("thrice", WEB, "*/*", message("x".repeat(100_000))),
        Arguments.of("thrice", TEXT, TEXT, text(hello)),
        Arguments.of("thrice", TEXT + "+proto", TEXT, text(hello)),
        Arguments.of("thrice", TEXT, TEXT, text(message("x".repeat(100_000)))),
        Arguments.of("thrice", TEXT, WEB, text(hello)),
        Arguments.of("thrice", WEB, TEXT, hello),
        Arguments.of("fail", WEB, WEB, hello),
        Arguments.of("fail", TEXT, TEXT, text(hello)),
        Arguments.of("late", WEB, WEB, hello),
        Arguments.of("late", TEXT, TEXT, text(hello)),
        Arguments.of("nothing", WEB, WEB, hello),
        Arguments.of("thrice", TEXT, TEXT, "!!!!".getBytes(StandardCharsets.US_ASCII)));
  }

  @ParameterizedTest
  @MethodSource("calls")
  void answersAsEnvoyDoes(String method, String type, String accept, byte[] body) throws Exception {
    assertThat(call(proxy.address(TestMesh.OUT), method, type, accept, body))
        .isEqualTo(call(envoy.address(), method, type, accept, body));
  }

  @Test
  void takesTextThatIsPaddedInTheMiddle() throws Exception {
    byte[] hello = message("hello");
    byte[] parts = text(Arrays.copyOf(hello, 4), Arrays.copyOfRange(hello, 4, hello.length));

    assertThat(call(proxy.address(TestMesh.OUT), "thrice", TEXT, TEXT, parts))
        .isEqualTo(call(proxy.address(TestMesh.OUT), "thrice", TEXT, TEXT, text(hello)));
  }

  /** Status, content type, gRPC's headers and the body, out of base64. */
  private static List<String> call(
      InetSocketAddress edge, String method, String type, String accept, byte[] body)
      throws Exception {
    HttpResponse<byte[]> answer =
        proxy.client.send(
            HttpRequest.newBuilder(
                    URI.create("http://127.0.0.1:" + edge.getPort() + "/test.Echo/" + method))
                .header("content-type", type)
                .header("accept", accept)
                .header("x-grpc-web", "1")
                .timeout(Duration.ofSeconds(10))
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build(),
            HttpResponse.BodyHandlers.ofByteArray());
    String answered = answer.headers().firstValue("content-type").orElse("");
    boolean text = answered.startsWith(TEXT);
    byte[] plain = text ? plain(answer.body()) : answer.body();
    return List.of(
        "status " + answer.statusCode(),
        answered,
        answer.headers().firstValue("grpc-status").orElse("no status"),
        // What is no answer of gRPC's server is in each proxy's own words.
        answer.statusCode() == 200
            ? answer.headers().firstValue("grpc-message").orElse("no message")
            : "",
        answer.statusCode() == 200 ? new String(plain, StandardCharsets.ISO_8859_1) : "");
  }

  private static byte[] plain(byte[] padded) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int at = 0; at < padded.length; at += 4) {
      out.writeBytes(Base64.getDecoder().decode(Arrays.copyOfRange(padded, at, at + 4)));
    }
    return out.toByteArray();
  }
}
