// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.model.match.HeaderMatch;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.match.Percentage;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.policy.Fault;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.HeaderEdits;
import io.flotilla.model.route.HostRewrite;
import io.flotilla.model.route.PathRewrite;
import io.flotilla.model.route.RetryPolicy;
import io.flotilla.model.route.RetryPolicy.Condition;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.model.snapshot.ProxySnapshot;
import java.net.ServerSocket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One engine between a client and applications, over plain HTTP/1.1. */
class RoutingIT {
  private final EchoApp v1 = new EchoApp("v1");
  private final EchoApp v2 = new EchoApp("v2");
  private final EngineFixture proxy = new EngineFixture("client");

  @AfterEach
  void stop() {
    proxy.close();
    v1.close();
    v2.close();
  }

  private void route(Route... routes) {
    proxy.apply(snapshot(routes));
  }

  private ProxySnapshot snapshot(Route... routes) {
    return TestMesh.snapshot(
        1,
        List.of(TestMesh.outbound()),
        List.of(TestMesh.routes(routes)),
        List.of(TestMesh.fixed("v1", v1.port()), TestMesh.fixed("v2", v2.port())),
        List.of());
  }

  private static Route to(String cluster, RouteMatch match) {
    return Route.of(cluster, match, RouteAction.Forward.to(cluster));
  }

  private static RouteAction.Forward forward(
      String cluster,
      Optional<Duration> timeout,
      Optional<RetryPolicy> retry,
      Optional<PathRewrite> path,
      HostRewrite host,
      List<RouteAction.Mirror> mirrors) {
    return new RouteAction.Forward(
        new ClusterChoice.Single(cluster),
        timeout,
        Optional.empty(),
        Optional.empty(),
        retry,
        path,
        host,
        List.of(),
        mirrors,
        List.of());
  }

  private static RetryPolicy retry(int times, Duration perTry, Condition... on) {
    return new RetryPolicy(
        Set.of(on),
        Set.of(),
        times,
        Optional.of(perTry),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        true,
        3);
  }

  @Test
  void routesByHeaderBeforePrefix() throws Exception {
    RouteMatch jason =
        new RouteMatch(
            new PathMatch.Prefix("/"),
            true,
            List.of(HeaderMatch.of("end-user", StringMatch.exact("jason"))),
            List.of(),
            Optional.empty(),
            false);
    route(to("v2", jason), to("v1", RouteMatch.ANY));

    assertThat(proxy.get("/a?b=c").body()).startsWith("app=v1\nGET /a?b=c\n");
    assertThat(proxy.get("/", r -> r.header("end-user", "jason")).body()).startsWith("app=v2");
  }

  @Test
  void passesBodiesBothWays() throws Exception {
    route(to("v1", RouteMatch.ANY));
    String body = "x".repeat(300_000);

    HttpResponse<String> fixed = proxy.get("/", r -> r.POST(BodyPublishers.ofString(body)));
    HttpResponse<String> chunked =
        proxy.get(
            "/",
            r -> r.POST(BodyPublishers.fromPublisher(BodyPublishers.ofByteArray(body.getBytes()))));

    assertThat(fixed.body()).endsWith(body).contains("content-length: 300000");
    assertThat(chunked.body()).endsWith(body).contains("transfer-encoding: chunked");
  }

  @Test
  void keepsCaseOrderAndDuplicatesOfHeaders() throws Exception {
    try (ServerSocket app = new ServerSocket(0)) {
      proxy.apply(
          TestMesh.snapshot(
              1,
              List.of(TestMesh.outbound()),
              List.of(TestMesh.routes(to("raw", RouteMatch.ANY))),
              List.of(TestMesh.fixed("raw", app.getLocalPort())),
              List.of()));
      try (RawHttp client = new RawHttp(proxy.address(TestMesh.OUT))) {
        client.send("GET /x HTTP/1.1\r\nX-B: 1\r\nHoST: h\r\nx-A: 2\r\nX-b: 3\r\n\r\n");
        String head;
        try (var accepted = app.accept()) {
          byte[] buffer = new byte[8192];
          StringBuilder got = new StringBuilder();
          while (got.indexOf("\r\n\r\n") < 0) {
            got.append(new String(buffer, 0, accepted.getInputStream().read(buffer)));
          }
          head = got.toString();
          accepted
              .getOutputStream()
              .write(
                  "HTTP/1.1 200 OK\r\nX-Z: 1\r\ncontent-LENGTH: 2\r\nx-y: 2\r\n\r\nok".getBytes());
          String answer = client.readUntil("ok");
          assertThat(answer).contains("X-Z: 1\r\ncontent-LENGTH: 2\r\nx-y: 2\r\n");
        }
        assertThat(head).startsWith("GET /x HTTP/1.1\r\nX-B: 1\r\nHoST: h\r\nx-A: 2\r\nX-b: 3\r\n");
      }
    }
  }

  @Test
  void sharesRequestsByWeight() throws Exception {
    route(
        Route.of(
            "w",
            RouteMatch.ANY,
            RouteAction.Forward.to(
                new ClusterChoice.Weighted(
                    List.of(
                        new ClusterChoice.WeightedCluster("v1", 80, HeaderEdits.NONE),
                        new ClusterChoice.WeightedCluster("v2", 20, HeaderEdits.NONE))))));

    for (int i = 0; i < 1000; i++) {
      assertThat(proxy.get("/").statusCode()).isEqualTo(200);
    }

    // Three standard deviations of a binomial distribution with n = 1000 and p = 0.8.
    assertThat(v1.requests()).isBetween(800 - 38, 800 + 38);
  }

  @Test
  void abortsAndDelaysOnPurpose() throws Exception {
    Fault abort =
        new Fault(
            Optional.of(new Fault.Delay(Duration.ofMillis(300), Percentage.ALL)),
            Optional.of(new Fault.Abort(555, Optional.empty(), Percentage.ALL)));
    route(
        new Route(
            "f",
            RouteMatch.ANY,
            RouteAction.Forward.to("v1"),
            HeaderEdits.NONE,
            Optional.of(abort),
            Optional.empty(),
            "",
            ""));
    long start = System.nanoTime();

    HttpResponse<String> answer = proxy.get("/");

    assertThat(answer.statusCode()).isEqualTo(555);
    assertThat(System.nanoTime() - start).isGreaterThan(295_000_000L);
    assertThat(v1.requests()).isZero();
    Await.until(
        () ->
            assertThat(proxy.engine.metricsText())
                .contains("response_code=\"555\"")
                .contains("response_flags=\"DI,FI\""));
  }

  @Test
  void triesAgainUntilAnAnswerIsGood() throws Exception {
    v1.failing(n -> n < 3 ? 503 : 200);
    route(
        Route.of(
            "r",
            RouteMatch.ANY,
            forward(
                "v1",
                Optional.empty(),
                Optional.of(retry(2, Duration.ZERO, Condition.FIVE_XX)),
                Optional.empty(),
                new HostRewrite.Keep(),
                List.of())));

    HttpResponse<String> answer = proxy.get("/", r -> r.PUT(BodyPublishers.ofString("again")));

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).endsWith("again");
    assertThat(v1.requests()).isEqualTo(3);
  }

  @Test
  void passesTheLastAnswerOnWhenNoTryIsGood() throws Exception {
    v1.failing(n -> 503);
    route(
        Route.of(
            "r",
            RouteMatch.ANY,
            forward(
                "v1",
                Optional.empty(),
                Optional.of(retry(2, Duration.ZERO, Condition.FIVE_XX)),
                Optional.empty(),
                new HostRewrite.Keep(),
                List.of())));

    assertThat(proxy.get("/").statusCode()).isEqualTo(503);
    assertThat(v1.requests()).isEqualTo(3);
  }

  @Test
  void triesAnotherEndpointWhenOneIsDown() throws Exception {
    int closed;
    try (ServerSocket gone = new ServerSocket(0)) {
      closed = gone.getLocalPort();
    }
    proxy.apply(
        TestMesh.snapshot(
            1,
            List.of(TestMesh.outbound()),
            List.of(
                TestMesh.routes(
                    Route.of(
                        "r",
                        RouteMatch.ANY,
                        forward(
                            "both",
                            Optional.empty(),
                            Optional.of(retry(2, Duration.ZERO, Condition.CONNECT_FAILURE)),
                            Optional.empty(),
                            new HostRewrite.Keep(),
                            List.of())))),
            List.of(TestMesh.fixed("both", closed, v1.port())),
            List.of()));

    for (int i = 0; i < 20; i++) {
      assertThat(proxy.get("/").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void endsRequestsAtTheRoutesTimeout() throws Exception {
    v1.slow(3000);
    route(
        Route.of(
            "t",
            RouteMatch.ANY,
            forward(
                "v1",
                Optional.of(Duration.ofMillis(200)),
                Optional.empty(),
                Optional.empty(),
                new HostRewrite.Keep(),
                List.of())));

    HttpResponse<String> answer = proxy.get("/");

    assertThat(answer.statusCode()).isEqualTo(504);
    Await.until(() -> assertThat(proxy.engine.metricsText()).contains("response_flags=\"UT\""));
  }

  @Test
  void rewritesPathAndHostAndEditsHeaders() throws Exception {
    HeaderEdits edits =
        new HeaderEdits(
            List.of(
                new HeaderEdits.Edit("x-new", "%REQ(:method)%!", HeaderEdits.Mode.OVERWRITE),
                new HeaderEdits.Edit("x-two", "b", HeaderEdits.Mode.APPEND)),
            List.of("x-gone"),
            List.of(new HeaderEdits.Edit("x-answer", "yes", HeaderEdits.Mode.OVERWRITE)),
            List.of("x-app"));
    route(
        new Route(
            "r",
            RouteMatch.of(new PathMatch.Prefix("/api")),
            forward(
                "v1",
                Optional.empty(),
                Optional.empty(),
                Optional.of(new PathRewrite.ReplacePrefix("/v2")),
                new HostRewrite.Literal("other.example"),
                List.of()),
            edits,
            Optional.empty(),
            Optional.empty(),
            "",
            ""));

    HttpResponse<String> answer =
        proxy.get("/api/x?q=1", r -> r.header("x-gone", "1").header("x-two", "a"));

    assertThat(answer.body())
        .contains("GET /v2/x?q=1\n")
        .contains("host: other.example\n")
        .contains("x-new: GET!\n")
        .contains("x-two: a\n")
        .contains("x-two: b\n")
        .doesNotContain("x-gone");
    assertThat(answer.headers().firstValue("x-answer")).contains("yes");
    assertThat(answer.headers().firstValue("x-app")).isEmpty();
  }

  @Test
  void answersItselfForRedirectsAndDirectResponsesAndMissingRoutes() throws Exception {
    route(
        Route.of(
            "moved",
            RouteMatch.of(new PathMatch.Exact("/old")),
            new RouteAction.Redirect(
                302,
                Optional.empty(),
                Optional.of("new.example"),
                Optional.empty(),
                Optional.of(new PathRewrite.ReplaceFull("/new")),
                false)),
        Route.of(
            "direct",
            RouteMatch.of(new PathMatch.Exact("/direct")),
            new RouteAction.DirectResponse(418, "a teapot")),
        to("absent", RouteMatch.of(new PathMatch.Exact("/absent"))));

    HttpResponse<String> moved = proxy.get("/old");
    assertThat(moved.statusCode()).isEqualTo(302);
    assertThat(moved.headers().firstValue("location").orElseThrow())
        .startsWith("http://new.example")
        .endsWith("/new");
    assertThat(proxy.get("/direct").body()).isEqualTo("a teapot");
    assertThat(proxy.get("/none").statusCode()).isEqualTo(404);
    assertThat(proxy.get("/absent").statusCode()).isEqualTo(503);
    Await.until(
        () ->
            assertThat(proxy.engine.metricsText())
                .contains("response_flags=\"NR\"")
                .contains("response_flags=\"NC\""));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void copiesRequestsToAMirror(boolean marked) throws Exception {
    route(
        Route.of(
            "m",
            RouteMatch.ANY,
            forward(
                "v1",
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                new HostRewrite.Keep(),
                List.of(new RouteAction.Mirror("v2", Percentage.ALL, marked)))));

    for (int i = 0; i < 5; i++) {
      assertThat(proxy.get("/", r -> r.POST(BodyPublishers.ofString("b"))).body())
          .startsWith("app=v1");
    }

    Await.until(() -> assertThat(v2.requests()).isEqualTo(5));
    assertThat(v2.hosts())
        .hasSize(1)
        .allSatisfy(host -> assertThat(host.contains("-shadow")).isEqualTo(marked));
  }

  @Test
  void swapsRoutesUnderLoadWithoutAFailedRequest() throws Exception {
    route(to("v1", RouteMatch.ANY));
    var load = new Load(proxy, 4);

    for (int i = 0; i < 30; i++) {
      route(to(i % 2 == 0 ? "v2" : "v1", RouteMatch.ANY));
      Thread.yield();
      int seen = load.answered();
      Await.until(() -> assertThat(load.answered()).isGreaterThan(seen + 5));
    }

    assertThat(load.stop()).as("failures").isEmpty();
    assertThat(v1.requests()).isPositive();
    assertThat(v2.requests()).isPositive();
  }

  @Test
  void changesTheListenerUnderLoadWithoutAFailedRequest() throws Exception {
    route(to("v1", RouteMatch.ANY));
    var load = new Load(proxy, 4);

    for (int i = 0; i < 10; i++) {
      proxy.apply(
          TestMesh.snapshot(
              2,
              List.of(
                  i % 2 == 0
                      ? TestMesh.outboundNamed("server-" + i)
                      : TestMesh.outboundOfChain("chain-" + i)),
              List.of(TestMesh.routes(to("v1", RouteMatch.ANY))),
              List.of(TestMesh.fixed("v1", v1.port())),
              List.of()));
      int seen = load.answered();
      Await.until(() -> assertThat(load.answered()).isGreaterThan(seen + 8));
    }

    assertThat(load.stop()).isEmpty();
    assertThat(proxy.get("/").statusCode()).isEqualTo(200);
  }

  @Test
  void refusesABadRouteByNameAndKeepsTheRest() throws Exception {
    route(to("v1", RouteMatch.ANY));
    ProxySnapshot good = snapshot(to("v2", RouteMatch.of(new PathMatch.Regex("(?=x)"))));

    List<String> problems = proxy.engine.apply(good).join().problems();

    assertThat(problems).singleElement().asString().contains("routes").contains("(?=x)");
    assertThat(proxy.get("/").body()).startsWith("app=v1");
  }

  @Test
  void writesTheAccessLog(@TempDir Path dir) throws Exception {
    Path file = dir.resolve("access.log");
    proxy.apply(
        TestMesh.snapshot(
            1,
            List.of(TestMesh.outboundLogged(file.toString())),
            List.of(TestMesh.routes(to("v1", RouteMatch.ANY))),
            List.of(TestMesh.fixed("v1", v1.port())),
            List.of()));

    proxy.get("/logged");

    Await.until(
        () ->
            assertThat(Files.exists(file) ? Files.readString(file) : "")
                .isEqualTo("GET /logged 200 v1; 127.0.0.1:" + v1.port() + "\n"));
  }

  @Test
  void drainsWithoutLosingARequestUnderWay() throws Exception {
    v1.slow(700);
    route(to("v1", RouteMatch.ANY));
    var slow = new Load(proxy, 1).stopAfter(1);
    Await.until(() -> assertThat(v1.requests()).isEqualTo(1));

    proxy.engine.drain().join();

    assertThat(slow.stop()).isEmpty();
    assertThat(slow.answered()).isEqualTo(1);
  }
}
