// SPDX-License-Identifier: Apache-2.0
package io.flotilla.bookinfo;

import static io.flotilla.bookinfo.ServiceConfig.Kind.DETAILS;
import static io.flotilla.bookinfo.ServiceConfig.Kind.RATINGS;
import static io.flotilla.bookinfo.ServiceConfig.Kind.REVIEWS;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.bookinfo.Peers.Reply;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The service productpage: the page itself, log-in and log-out, and the application's REST API. It
 * waits three seconds for each peer and asks reviews twice.
 */
final class ProductPage {
  private static final Duration PATIENCE = Duration.ofSeconds(3);
  private static final int REVIEW_ATTEMPTS = 2;
  private static final Map<String, Object> PRODUCT = product();

  private final ServiceConfig config;
  private final Peers peers;
  private final Session session = new Session();

  ProductPage(ServiceConfig config, Peers peers) {
    this.config = config;
    this.peers = peers;
  }

  Map<String, Endpoint> routes() {
    return Map.of(
        "/",
        this::index,
        "/productpage",
        this::page,
        "/login",
        this::login,
        "/logout",
        this::logout,
        "/health",
        request ->
            new Answer(200, Map.of(), "Product page is healthy".getBytes(StandardCharsets.UTF_8)),
        "/api/v1/products",
        this::api);
  }

  private static Map<String, Object> product() {
    Map<String, Object> product = new LinkedHashMap<>();
    product.put("id", 0);
    product.put("title", "The Comedy of Errors");
    product.put(
        "descriptionHtml",
        "An early play of <a href=\"https://en.wikipedia.org/wiki/The_Comedy_of_Errors\">Shakespeare"
            + "</a>, his shortest: two pairs of twins, parted as babies, are in one town on one day"
            + " and taken for each other by everybody.");
    return product;
  }

  private Answer index(Request request) {
    return request.path().equals("/")
        ? Answer.html(200, Page.index())
        : Answer.error(404, "there is nothing at this address");
  }

  private Answer page(Request request) throws InterruptedException {
    String user = session.user(request);
    Map<String, String> headers = headers(request);
    Reply details = details(0, headers);
    Reply reviews = reviews(0, headers);
    return Answer.html(
        200, Page.product(PRODUCT, user, details.ifOk(), reviews.ifOk(), reviewsError()));
  }

  private Answer login(Request request) {
    String name = form(request, "username");
    if (!request.method().equals("POST")) {
      return Answer.error(405, "log in by POST with the form field username");
    }
    if (name == null || !Session.isName(name)) {
      return Answer.error(
          400, "the form field username must have 1 to 100 printable ASCII characters");
    }
    return back(
        request, Session.COOKIE + "=" + session.open(name) + "; Path=/; HttpOnly; SameSite=Lax");
  }

  private Answer logout(Request request) {
    return back(request, Session.COOKIE + "=; Path=/; HttpOnly; Max-Age=0");
  }

  /** To the page that the form was on: only its path, so that no form leads off this site. */
  private static Answer back(Request request, String cookie) {
    String referer = request.header("referer");
    String path = referer == null ? "/productpage" : referer.replaceFirst("^https?://[^/]*", "");
    boolean ours =
        path.startsWith("/") && !path.startsWith("//") && path.chars().allMatch(c -> c > 0x20);
    return new Answer(
        302, Map.of("location", ours ? path : "/productpage", "set-cookie", cookie), new byte[0]);
  }

  private static @Nullable String form(Request request, String field) {
    for (String pair : new String(request.body(), StandardCharsets.UTF_8).split("&")) {
      String[] parts = pair.split("=", 2);
      if (parts.length == 2 && parts[0].equals(field)) {
        try {
          return URLDecoder.decode(parts[1], StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
          return null;
        }
      }
    }
    return null;
  }

  private Answer api(Request request) throws InterruptedException {
    if (request.segment(3).isEmpty()) {
      return Answer.json(200, List.of(PRODUCT));
    }
    int id;
    try {
      id = Integer.parseInt(request.segment(3));
    } catch (NumberFormatException e) {
      return Answer.error(400, "please provide numeric product id");
    }
    Map<String, String> headers = headers(request);
    return switch (request.segment(4)) {
      case "" -> relay(details(id, headers), unavailable("details"));
      case "reviews" -> relay(reviews(id, headers), reviewsError());
      case "ratings" ->
          relay(
              peers.get(config.peer(RATINGS), "/ratings/" + id, headers, PATIENCE),
              unavailable("ratings"));
      default -> Answer.error(404, "a product has reviews and ratings, nothing else");
    };
  }

  private static Answer relay(Reply reply, String otherwise) {
    JsonNode json = reply.ifOk();
    return json == null
        ? Answer.error(reply.status() < 400 ? 500 : reply.status(), otherwise)
        : Answer.json(200, json);
  }

  private Reply details(int id, Map<String, String> headers) throws InterruptedException {
    return peers.get(config.peer(DETAILS), "/details/" + id, headers, PATIENCE);
  }

  private Reply reviews(int id, Map<String, String> headers) throws InterruptedException {
    Reply reply = new Reply(Peers.NO_ANSWER, null);
    for (int attempt = 0; attempt < REVIEW_ATTEMPTS && reply.status() != 200; attempt++) {
      reply = peers.get(config.peer(REVIEWS), "/reviews/" + id, headers, PATIENCE);
    }
    return reply;
  }

  private Map<String, String> headers(Request request) {
    Map<String, String> headers = request.handedOn();
    String user = session.user(request);
    if (user != null) {
      headers.put("end-user", user);
    }
    return headers;
  }

  private static String reviewsError() {
    return unavailable("reviews");
  }

  private static String unavailable(String what) {
    return "Sorry, product " + what + " are currently unavailable for this book.";
  }
}
