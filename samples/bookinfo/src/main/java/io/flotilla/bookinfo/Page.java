// SPDX-License-Identifier: Apache-2.0
package io.flotilla.bookinfo;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The HTML of the product page. */
final class Page {
  private static final int MAX_STARS = 5;

  private Page() {}

  static String index() {
    return frame(
        "Simple Bookstore App",
        """
        <h1>Bookinfo</h1>
        <p>A small bookshop, made to show what a service mesh does.</p>
        <p><a href="/productpage">The product page</a></p>
        """);
  }

  static String product(
      Map<String, Object> product,
      @Nullable String user,
      @Nullable JsonNode details,
      @Nullable JsonNode reviews,
      String reviewsError) {
    StringBuilder body = new StringBuilder();
    body.append(user == null ? loginForm() : loggedIn(user));
    body.append("<h1>").append(text(product.get("title"))).append("</h1>\n");
    body.append("<p>").append(product.get("descriptionHtml")).append("</p>\n");
    body.append("<div class=\"columns\">\n<section id=\"details\">\n");
    body.append(
        details == null
            ? error(
                "Error fetching product details!",
                "Sorry, product details are currently unavailable for this book.")
            : details(details));
    body.append("</section>\n<section id=\"reviews\">\n");
    body.append(
        reviews == null
            ? error("Error fetching product reviews!", reviewsError)
            : reviews(reviews));
    body.append("</section>\n</div>\n");
    return frame("Simple Bookstore App", body.toString());
  }

  private static String loginForm() {
    return """
        <form class="user" method="post" action="/login">
          <label>User name <input name="username" maxlength="100" required></label>
          <label>Password <input name="passwd" type="password" autocomplete="off"></label>
          <button>Sign in</button>
        </form>
        """;
  }

  private static String loggedIn(String user) {
    return "<p class=\"user\"><span id=\"user\">"
        + text(user)
        + "</span> (<a href=\"/logout\">sign out</a>)</p>\n";
  }

  private static String details(JsonNode details) {
    StringBuilder out = new StringBuilder("<h4>Book Details</h4>\n<dl>\n");
    Map<String, String> rows = new LinkedHashMap<>();
    rows.put("type", "Type");
    rows.put("pages", "Pages");
    rows.put("publisher", "Publisher");
    rows.put("language", "Language");
    rows.put("ISBN-10", "ISBN-10");
    rows.put("ISBN-13", "ISBN-13");
    rows.forEach(
        (key, label) ->
            out.append("<dt>")
                .append(label)
                .append(":</dt><dd>")
                .append(text(details.path(key).asText()))
                .append("</dd>\n"));
    return out.append("</dl>\n").toString();
  }

  private static String reviews(JsonNode reviews) {
    StringBuilder out = new StringBuilder("<h4>Book Reviews</h4>\n");
    for (JsonNode review : reviews.path("reviews")) {
      out.append("<blockquote>\n<p>").append(text(review.path("text").asText())).append("</p>\n");
      out.append("<small>").append(text(review.path("reviewer").asText())).append("</small>\n");
      if (review.has("rating")) {
        out.append(rating(review.get("rating")));
      }
      out.append("</blockquote>\n");
    }
    out.append("<dl><dt>Reviews served by:</dt>\n<dd><u>")
        .append(text(reviews.path("podname").asText()))
        .append("</u>");
    String cluster = reviews.path("clustername").asText();
    if (!cluster.isEmpty() && !cluster.equals("null")) {
      out.append(" on cluster <u>").append(text(cluster)).append("</u>");
    }
    return out.append("</dd></dl>\n").toString();
  }

  private static String rating(JsonNode rating) {
    if (!rating.has("stars")) {
      return "<p><i>" + text(rating.path("error").asText()) + "</i></p>\n";
    }
    int stars = Math.clamp(rating.path("stars").asInt(), 0, MAX_STARS);
    String color = rating.path("color").asText().equals("red") ? "red" : "black";
    return "<p class=\"stars\" style=\"color: "
        + color
        + "\" data-color=\""
        + color
        + "\" data-stars=\""
        + stars
        + "\">"
        + "&#9733;".repeat(stars)
        + "&#9734;".repeat(MAX_STARS - stars)
        + "</p>\n";
  }

  private static String error(String heading, String sentence) {
    return "<h4>" + heading + "</h4>\n<p class=\"error\">" + text(sentence) + "</p>\n";
  }

  private static String frame(String title, String body) {
    return """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>%s</title>
        <style>
          body { font-family: sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
          .columns { display: flex; flex-wrap: wrap; gap: 3rem; }
          .columns > section { flex: 1 1 20rem; }
          dt { font-weight: bold; }
          .stars { font-size: 1.5rem; margin: 0; }
          .error { color: #b30000; }
          .user { text-align: right; }
        </style>
        </head>
        <body>
        %s</body>
        </html>
        """
        .formatted(title, body);
  }

  private static String text(@Nullable Object value) {
    return String.valueOf(value)
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
