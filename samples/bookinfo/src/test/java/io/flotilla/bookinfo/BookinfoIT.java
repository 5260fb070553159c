// SPDX-License-Identifier: Apache-2.0
package io.flotilla.bookinfo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The application without a mesh: its contract, over real sockets. */
class BookinfoIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client = HttpClient.newHttpClient();
  private final List<AutoCloseable> started = new ArrayList<>();

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable each : started.reversed()) {
      each.close();
    }
  }

  @Test
  void showsThePageWithDetailsAndBlackStarsFromReviewsV2() throws Exception {
    int page = application("v2");

    String html = get(page, "/productpage").body();

    assertThat(html)
        .contains("<title>Simple Bookstore App</title>", "The Comedy of Errors", "PublisherA")
        .contains("Reviewer1", "Reviewer2", "reviews-v2")
        .contains("data-color=\"black\" data-stars=\"5\"", "data-color=\"black\" data-stars=\"4\"");
  }

  @Test
  void showsNoStarsWithReviewsV1AndRedOnesWithV3() throws Exception {
    assertThat(get(application("v1"), "/productpage").body())
        .contains("Reviewer1")
        .doesNotContain("data-stars");
    assertThat(get(application("v3"), "/productpage").body()).contains("data-color=\"red\"");
  }

  @Test
  void saysSorryWhereAServiceDoesNotAnswer() throws Exception {
    int page = start(config("productpage", "v1", Map.of(), null));

    HttpResponse<String> response = get(page, "/productpage");
    HttpResponse<String> api = get(page, "/api/v1/products/0/reviews");

    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body())
        .contains("Sorry, product reviews are currently unavailable for this book.")
        .contains("Sorry, product details are currently unavailable for this book.");
    assertThat(api.statusCode()).isEqualTo(500);
    assertThat(api.body()).contains("Sorry, product reviews");
  }

  @Test
  void tellsThatRatingsAreUnavailableWithoutLosingTheReviews() throws Exception {
    int reviews = start(config("reviews", "v2", Map.of(), null));

    JsonNode body = JSON.readTree(get(reviews, "/reviews/0").body());

    assertThat(body.at("/podname").asText()).isEqualTo("reviews-v2");
    assertThat(body.at("/clustername").asText()).isEqualTo("null");
    assertThat(body.at("/reviews/0/rating/error").asText())
        .isEqualTo("Ratings service is currently unavailable");
  }

  @Test
  void servesTheRestApiOfUpstreamsDescription() throws Exception {
    int page = application("v3");

    assertThat(JSON.readTree(get(page, "/api/v1/products").body()).at("/0/id").asInt()).isZero();
    assertThat(JSON.readTree(get(page, "/api/v1/products/0").body()).at("/ISBN-10").asText())
        .isEqualTo("1234567890");
    assertThat(
            JSON.readTree(get(page, "/api/v1/products/0/ratings").body())
                .at("/ratings/Reviewer1")
                .asInt())
        .isEqualTo(5);
    assertThat(
            JSON.readTree(get(page, "/api/v1/products/0/reviews").body())
                .at("/reviews/1/rating/color")
                .asText())
        .isEqualTo("red");
    assertThat(get(page, "/api/v1/products/nought").statusCode()).isEqualTo(400);
    assertThat(get(page, "/health").body()).isEqualTo("Product page is healthy");
  }

  @Test
  void replacesRatingsByPost() throws Exception {
    int ratings = start(config("ratings", "v1", Map.of(), null));

    HttpResponse<String> posted = post(ratings, "/ratings/7", "{\"Reviewer1\":1}");

    assertThat(posted.statusCode()).isEqualTo(200);
    assertThat(get(ratings, "/ratings/7").body()).contains("\"Reviewer1\":1");
    assertThat(post(ratings, "/ratings/7", "stars").statusCode()).isEqualTo(400);
  }

  @Test
  void remembersTheUserInACookieAndHandsHimOn() throws Exception {
    ConcurrentLinkedQueue<Map<String, List<String>>> seen = new ConcurrentLinkedQueue<>();
    int proxy = recordingProxy(seen);
    int page = start(config("productpage", "v1", Map.of(), "http://127.0.0.1:" + proxy));

    HttpResponse<String> login = post(page, "/login", "username=jason&passwd=x");
    String cookie = login.headers().firstValue("set-cookie").orElseThrow().split(";")[0];
    HttpResponse<String> in =
        get(page, "/productpage", "cookie", cookie, "traceparent", "00-ab-cd-01", "b3", "1-2-1");
    HttpResponse<String> forged =
        get(page, "/productpage", "cookie", cookie.substring(0, cookie.length() - 2));

    assertThat(login.statusCode()).isEqualTo(302);
    assertThat(login.headers().firstValue("location")).contains("/productpage");
    assertThat(in.body()).contains("<span id=\"user\">jason</span>");
    assertThat(forged.body()).doesNotContain("jason");
    assertThat(seen.peek())
        .containsEntry("End-user", List.of("jason"))
        .containsEntry("Traceparent", List.of("00-ab-cd-01"))
        .containsEntry("B3", List.of("1-2-1"))
        .containsEntry("Uri", List.of("http://details:9080/details/0"));
  }

  @Test
  void refusesAUserNameThatNoHeaderCanCarry() throws Exception {
    int page = start(config("productpage", "v1", Map.of(), null));

    assertThat(post(page, "/login", "username=a%0d%0ab").statusCode()).isEqualTo(400);
    assertThat(post(page, "/login", "user=a").statusCode()).isEqualTo(400);
  }

  @Test
  void neverRedirectsOffTheSite() throws Exception {
    int page = start(config("productpage", "v1", Map.of(), null));

    HttpResponse<String> logout = get(page, "/logout", "referer", "http://x//elsewhere.example/");

    assertThat(logout.headers().firstValue("location")).contains("/productpage");
  }

  @Test
  void namesTheAddressThatIsTaken() throws Exception {
    int taken = start(config("details", "v1", Map.of(), null));

    assertThatThrownBy(
            () ->
                new Bookinfo(
                    List.of(
                        ServiceConfig.of(
                            "details", "v1", "127.0.0.1:" + taken, null, null, null, null))))
        .hasMessageContaining("cannot listen on 127.0.0.1:" + taken);
  }

  /** The whole application with one version of reviews; the product page's port. */
  private int application(String reviewsVersion) throws Exception {
    URI details = at(start(config("details", "v1", Map.of(), null)));
    URI ratings = at(start(config("ratings", "v1", Map.of(), null)));
    URI reviews = at(start(config("reviews", reviewsVersion, Map.of("ratings", ratings), null)));
    return start(
        config(
            "productpage",
            "v1",
            Map.of("details", details, "ratings", ratings, "reviews", reviews),
            null));
  }

  private static ServiceConfig config(
      String service, String version, Map<String, URI> peers, String proxy) {
    Map<String, URI> all = new java.util.HashMap<>();
    for (String peer : List.of("details", "ratings", "reviews")) {
      // Port 1 of the loopback address: nothing listens there.
      all.put(peer, proxy == null ? at(1) : URI.create("http://" + peer + ":9080"));
    }
    all.putAll(peers);
    return ServiceConfig.of(service, version, "127.0.0.1:0", proxy, null, null, all);
  }

  private int start(ServiceConfig config) throws Exception {
    Bookinfo running = new Bookinfo(List.of(config));
    started.add(running);
    return running.port(0);
  }

  private static URI at(int port) {
    return URI.create("http://127.0.0.1:" + port);
  }

  private int recordingProxy(ConcurrentLinkedQueue<Map<String, List<String>>> seen)
      throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          Map<String, List<String>> headers = new java.util.TreeMap<>(exchange.getRequestHeaders());
          headers.put("Uri", List.of(exchange.getRequestURI().toString()));
          seen.add(headers);
          exchange.sendResponseHeaders(503, -1);
          exchange.close();
        });
    server.start();
    started.add(() -> server.stop(0));
    return server.getAddress().getPort();
  }

  private HttpResponse<String> get(int port, String path, String... headers) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(at(port).resolve(path));
    return client.send(
        (headers.length == 0 ? request : request.headers(headers)).build(),
        BodyHandlers.ofString());
  }

  private HttpResponse<String> post(int port, String path, String body) throws Exception {
    return client.send(
        HttpRequest.newBuilder(at(port).resolve(path))
            .header("content-type", "application/x-www-form-urlencoded")
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }
}
