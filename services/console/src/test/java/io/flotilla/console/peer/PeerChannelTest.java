// SPDX-License-Identifier: Apache-2.0
package io.flotilla.console.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.flotilla.contract.pilot.ListProxiesRequest;
import io.flotilla.contract.pilot.ListProxiesResponse;
import io.flotilla.contract.pilot.ProxyStatusServiceGrpc;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Each way in which a service can fail to answer has a sentence of its own. */
class PeerChannelTest {
  private static final Duration DEADLINE = Duration.ofSeconds(5);

  @Test
  void namesTheSettingWhereNobodyListens() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    assertThat(problem(port, DEADLINE))
        .isEqualTo(
            "Pilot does not answer at 127.0.0.1:" + port + ": start it, or set the.setting.");
  }

  @Test
  void saysThatSomethingElseListens() throws Exception {
    Server other = serve(null);
    assertThat(problem(other.getPort(), DEADLINE)).contains("is not Pilot: set the.setting");
    other.shutdownNow();
  }

  @Test
  void saysHowLongItWaited() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
      assertThat(problem(silent.getLocalPort(), Duration.ofMillis(300)))
          .contains("did not answer within 300 ms")
          .contains("flotilla.console.deadline");
    }
  }

  @Test
  void passesOnWhatTheServiceSays() throws Exception {
    Server away = serve(Status.UNAVAILABLE.withDescription("Prometheus is down."));
    assertThat(problem(away.getPort(), DEADLINE))
        .isEqualTo("Pilot says that it is unavailable: Prometheus is down.");
    away.shutdownNow();
  }

  @Test
  void refusesATargetThatIsNone() {
    assertThatThrownBy(() -> new PeerChannel("Pilot", "the.setting", "http://x", DEADLINE))
        .hasMessage("the.setting must be host:port, but is 'http://x'");
  }

  @Test
  void survivesAWebServerThatSpeaksNoGrpc() throws Exception {
    HttpServer web =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
    web.start();
    assertThat(problem(web.getAddress().getPort(), DEADLINE)).contains("the.setting");
    web.stop(0);
  }

  private static String problem(int port, Duration deadline) {
    try (PeerChannel peer =
        new PeerChannel("Pilot", "the.setting", "127.0.0.1:" + port, deadline)) {
      return peer.ask(
              millis ->
                  ProxyStatusServiceGrpc.newBlockingStub(peer.awake())
                      .withDeadlineAfter(millis, TimeUnit.MILLISECONDS)
                      .listProxies(ListProxiesRequest.getDefaultInstance()))
          .why()
          .orElseThrow();
    }
  }

  private static Server serve(@Nullable Status answer) throws Exception {
    NettyServerBuilder server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    if (answer != null) {
      server.addService(
          new ProxyStatusServiceGrpc.ProxyStatusServiceImplBase() {
            @Override
            public void listProxies(
                ListProxiesRequest request, StreamObserver<ListProxiesResponse> observer) {
              observer.onError(answer.asRuntimeException());
            }
          });
    }
    return server.build().start();
  }
}
