// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.flotilla.model.match.HeaderMatch;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.match.Percentage;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.policy.Fault;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.HeaderEdits;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteMatch;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HttpRoutingIT {
  private HttpServer a;
  private HttpServer b;
  private ProxyEngine engine;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @BeforeEach
  void start() throws Exception {
    a = backend("a");
    b = backend("b");
    engine = Meshes.engine("caller");
  }

  private static HttpServer backend(String name) throws Exception {
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        "/",
        exchange -> {
          byte[] body = exchange.getRequestBody().readAllBytes();
          byte[] answer =
              (name
                      + " "
                      + exchange.getRequestMethod()
                      + " "
                      + exchange.getRequestURI()
                      + " "
                      + exchange.getRequestHeaders().getFirst("Host")
                      + " "
                      + body.length)
                  .getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    server.start();
    return server;
  }

  @AfterEach
  void stop() {
    engine.close();
    a.stop(0);
    b.stop(0);
  }

  private int port() {
    return engine.addresses("in").getFirst().getPort();
  }

  private HttpResponse<String> get(String path, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private void apply(List<Route> routes) throws Exception {
    ApplyResult result =
        engine
            .apply(
                Meshes.snapshot(
                    routes,
                    Meshes.cluster("a", a.getAddress().getPort()),
                    Meshes.cluster("b", b.getAddress().getPort())))
            .get();
    assertThat(result.problems()).isEmpty();
  }

  private static Route all(RouteAction action) {
    return Route.of("default", RouteMatch.ANY, action);
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
    apply(
        List.of(
            Route.of("jason", jason, RouteAction.Forward.to("b")),
            all(RouteAction.Forward.to("a"))));

    assertThat(get("/x?y=1").body()).startsWith("a GET /x?y=1 127.0.0.1:" + port());
    assertThat(get("/", "end-user", "jason").body()).startsWith("b GET /");
  }

  @Test
  void spreadsByWeight() throws Exception {
    apply(
        List.of(
            all(
                RouteAction.Forward.to(
                    new ClusterChoice.Weighted(
                        List.of(
                            new ClusterChoice.WeightedCluster("a", 90, HeaderEdits.NONE),
                            new ClusterChoice.WeightedCluster("b", 10, HeaderEdits.NONE)))))));

    int b = 0;
    for (int i = 0; i < 1000; i++) {
      if (get("/").body().startsWith("b")) {
        b++;
      }
    }

    // Three standard deviations of a binomial with n = 1000 and p = 0.1.
    assertThat(b).isBetween(100 - 29, 100 + 29);
  }

  @Test
  void injectsDelaysAndAborts() throws Exception {
    Fault abort =
        new Fault(
            Optional.of(new Fault.Delay(Duration.ofMillis(200), Percentage.ALL)),
            Optional.of(new Fault.Abort(555, Optional.empty(), Percentage.ALL)));
    Route route = all(RouteAction.Forward.to("a"));
    apply(
        List.of(
            new Route(
                "f",
                route.match(),
                route.action(),
                HeaderEdits.NONE,
                Optional.of(abort),
                Optional.empty(),
                "",
                "")));

    long start = System.nanoTime();
    HttpResponse<String> response = get("/");

    assertThat(response.statusCode()).isEqualTo(555);
    assertThat(System.nanoTime() - start).isGreaterThan(190_000_000L);
  }

  @Test
  void answersForMissingRoutesClustersAndEndpoints() throws Exception {
    apply(
        List.of(
            Route.of(
                "gone",
                RouteMatch.of(new PathMatch.Exact("/gone")),
                RouteAction.Forward.to("none")),
            Route.of("a", RouteMatch.of(new PathMatch.Prefix("/a")), RouteAction.Forward.to("a"))));

    assertThat(get("/elsewhere").statusCode()).isEqualTo(404);
    assertThat(get("/gone").statusCode()).isEqualTo(503);
    a.stop(0);
    HttpResponse<String> response = get("/a");
    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.body()).startsWith("upstream connect error");
  }

  @Test
  void passesBodiesBothWays() throws Exception {
    apply(List.of(all(RouteAction.Forward.to("a"))));
    byte[] body = new byte[3_000_000];

    HttpResponse<String> response =
        client.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + "/"))
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());

    assertThat(response.body()).startsWith("a POST /").endsWith(" 3000000");
  }

  @Test
  void changesRoutesUnderLoadWithoutAFailedRequest() throws Exception {
    apply(List.of(all(RouteAction.Forward.to("a"))));
    int failed = 0;
    for (int i = 0; i < 600; i++) {
      if (i % 50 == 0) {
        apply(List.of(all(RouteAction.Forward.to(i % 100 == 0 ? "b" : "a"))));
      }
      if (get("/").statusCode() != 200) {
        failed++;
      }
    }

    assertThat(failed).isZero();
  }

  @Test
  void takesRequestsInAbsoluteForm() throws Exception {
    apply(List.of(all(RouteAction.Forward.to("a"))));

    String answer =
        raw(
            "GET http://reviews:9080/x HTTP/1.1\r\nHost: reviews:9080\r\nConnection: close\r\n\r\n");

    assertThat(answer).startsWith("HTTP/1.1 200").contains("a GET /x reviews:9080");
  }

  @Test
  void refusesAmbiguousFraming() throws Exception {
    apply(List.of(all(RouteAction.Forward.to("a"))));

    assertThat(
            raw(
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"))
        .startsWith("HTTP/1.1 400");
    assertThat(
            raw(
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde"))
        .startsWith("HTTP/1.1 400");
    assertThat(raw("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n")).startsWith("HTTP/1.1 400");
  }

  @Test
  void servesPipelinedRequestsInOrder() throws Exception {
    apply(List.of(all(RouteAction.Forward.to("a"))));

    String answers =
        raw(
            "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n"
                + "GET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

    assertThat(answers.indexOf("/1")).isPositive().isLessThan(answers.indexOf("/2"));
    assertThat(answers.indexOf("/2")).isLessThan(answers.indexOf("/3"));
  }

  @Test
  void countsRequestsByIstiosNames() throws Exception {
    apply(List.of(all(RouteAction.Forward.to("a"))));
    get("/");
    get("/");

    Await.until(
        () ->
            assertThat(engine.metricsText())
                .containsPattern(
                    "istio_requests_total\\{reporter=\"source\",source_workload=\"caller\".*response_code=\"200\".*\\} 2"));
  }

  @Test
  void drainsWithoutLosingWhatIsUnderWay() throws Exception {
    apply(List.of(all(RouteAction.Forward.to("a"))));
    get("/");

    engine.drain().get();

    assertThat(engine.connections()).isZero();
    assertThat(engine.addresses("in")).isEmpty();
  }

  private String raw(String request) throws Exception {
    try (Socket socket = new Socket("127.0.0.1", port())) {
      socket.setSoTimeout(5_000);
      OutputStream out = socket.getOutputStream();
      out.write(request.getBytes(StandardCharsets.US_ASCII));
      out.flush();
      InputStream in = socket.getInputStream();
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
