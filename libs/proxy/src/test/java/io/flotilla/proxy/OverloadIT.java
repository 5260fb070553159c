// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.model.listener.Listener;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.proxy.api.FailureCause;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** More than a proxy may take on is refused, and nothing of it is left behind. */
class OverloadIT {
  private static final String REQUEST = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n";

  private static EngineFixture proxy(EchoApp app, Overload overload) {
    return proxy(app, overload, TestMesh.outbound());
  }

  private static EngineFixture proxy(EchoApp app, Overload overload, Listener listener) {
    return new EngineFixture("client", overload)
        .apply(
            TestMesh.snapshot(
                1,
                List.of(listener),
                List.of(
                    TestMesh.routes(Route.of("r", RouteMatch.ANY, RouteAction.Forward.to("app")))),
                List.of(TestMesh.fixed("app", app.port())),
                List.of()));
  }

  /** Waits for the first bytes for as long as the client likes, as Istio's inbound listeners do. */
  private static Listener patient() {
    Listener inbound = TestMesh.inbound(TestMesh.toApp(), true);
    return new Listener(
        inbound.name(),
        inbound.address(),
        inbound.additionalAddresses(),
        inbound.bindToPort(),
        inbound.direction(),
        inbound.useOriginalDestination(),
        inbound.transparent(),
        inbound.inspectors(),
        Duration.ZERO,
        inbound.continueOnInspectionTimeout(),
        inbound.filterChains(),
        inbound.defaultFilterChain(),
        inbound.accessLogs());
  }

  @Test
  void answersWhatItHasNoRoomFor503AndTheNextOneAgain() throws Exception {
    try (EchoApp app = new EchoApp("app");
        EngineFixture proxy = proxy(app, new Overload(10, 1));
        RawHttp slow = new RawHttp(proxy.address(TestMesh.OUT)).send(REQUEST)) {
      Await.until(() -> assertThat(app.requests()).isEqualTo(1));

      HttpResponse<String> refused = proxy.get("/");

      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.body()).contains("as many requests under way as its memory allows");
      Await.until(() -> assertThat(proxy.records()).hasSize(1));
      assertThat(proxy.records().getLast().failures()).containsExactly(FailureCause.OVERLOADED);
      Await.until(
          () ->
              assertThat(proxy.engine.metricsText())
                  .contains("\nenvoy_http_downstream_rq_overload_local_reply 1\n"));
      assertThat(slow.send("x").readUntil("app=app")).startsWith("HTTP/1.1 200 ");
      Await.until(() -> assertThat(proxy.get("/").statusCode()).isEqualTo(200));
    }
  }

  @Test
  void keepsNoPlaceForAConnectionThatItsClientHalfClosed() throws Exception {
    Overload overload = new Overload(2, 10);
    try (EchoApp app = new EchoApp("app");
        EngineFixture proxy = proxy(app, overload, patient())) {
      for (int i = 0; i < 20; i++) {
        try (RawHttp silent = new RawHttp(proxy.address(TestMesh.IN)).endOutput()) {
          assertThat(silent.readToEnd()).isEmpty();
        }
        try (RawHttp hello = new RawHttp(proxy.address(TestMesh.IN)).send("\u0016\u0003")) {
          assertThat(hello.endOutput().readToEnd()).isEmpty();
        }
      }
      Await.until(() -> assertThat(overload.connections().taken()).isZero());
    }
  }

  @Test
  void closesAConnectionThatItHasNoRoomForAndTakesTheNextOneAgain() throws Exception {
    try (EchoApp app = new EchoApp("app");
        EngineFixture proxy = proxy(app, new Overload(1, 10))) {
      try (RawHttp first = new RawHttp(proxy.address(TestMesh.OUT)).send(REQUEST)) {
        Await.until(() -> assertThat(app.requests()).isEqualTo(1));
        try (RawHttp second = new RawHttp(proxy.address(TestMesh.OUT))) {
          assertThat(second.readToEnd()).isEmpty();
        }
        Await.until(
            () ->
                assertThat(proxy.engine.metricsText())
                    .contains("\nenvoy_listener_downstream_cx_overload_reject 1\n"));
        assertThat(first.send("x").readUntil("app=app")).startsWith("HTTP/1.1 200 ");
      }
      Await.until(
          () -> {
            try (RawHttp next = new RawHttp(proxy.address(TestMesh.OUT)).send(REQUEST + "x")) {
              assertThat(next.readUntil("app=app")).startsWith("HTTP/1.1 200 ");
            }
          });
    }
  }
}
