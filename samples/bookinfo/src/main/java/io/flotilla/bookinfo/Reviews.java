// SPDX-License-Identifier: Apache-2.0
package io.flotilla.bookinfo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The service reviews: {@code /reviews/{id}}. v1 shows no ratings, v2 black stars, v3 red ones. v2
 * waits for ratings longer than the product page waits for v2, as upstream's sample does on purpose
 * (the bug that its guide on fault injection finds); v3 has it mended.
 */
final class Reviews {
  /** A version's colour of stars and patience with ratings. */
  private record Stars(String color, Duration patience) {}

  private final ServiceConfig config;
  private final Peers peers;
  private final @Nullable Stars stars;

  Reviews(ServiceConfig config, Peers peers) {
    this.config = config;
    this.peers = peers;
    this.stars =
        switch (config.version()) {
          case "v1" -> null;
          case "v2" -> new Stars("black", Duration.ofSeconds(10));
          case "v3" -> new Stars("red", Duration.ofMillis(2500));
          default ->
              throw new IllegalArgumentException(
                  "version of reviews must be v1, v2 or v3, but is '" + config.version() + "'");
        };
  }

  Map<String, Endpoint> routes() {
    return Map.of("/reviews/", this::reviews, "/health", request -> Answer.healthy("Reviews"));
  }

  private Answer reviews(Request request) throws InterruptedException {
    int id;
    try {
      id = Integer.parseInt(request.segment(1));
    } catch (NumberFormatException e) {
      return Answer.error(400, "please provide numeric product ID");
    }
    JsonNode ratings = stars == null ? null : ratings(id, request.handedOn(), stars);
    ObjectNode body = Answer.JSON.createObjectNode();
    body.put("id", String.valueOf(id));
    body.put("podname", config.podName());
    body.put("clustername", config.clusterName());
    body.putArray("reviews")
        .addAll(
            List.of(
                review(
                    "Reviewer1",
                    "Two pairs of twins, one town and no end of confusion: I laughed all evening.",
                    ratings),
                review(
                    "Reviewer2",
                    "Great fun, if not as deep as the later comedies of the same author.",
                    ratings)));
    return Answer.json(200, body);
  }

  private @Nullable JsonNode ratings(int id, Map<String, String> headers, Stars of)
      throws InterruptedException {
    JsonNode reply =
        peers
            .get(config.peer(ServiceConfig.Kind.RATINGS), "/ratings/" + id, headers, of.patience())
            .ifOk();
    return reply == null ? null : reply.get("ratings");
  }

  private ObjectNode review(String reviewer, String text, @Nullable JsonNode ratings) {
    ObjectNode review = Answer.JSON.createObjectNode();
    review.put("reviewer", reviewer);
    review.put("text", text);
    if (stars != null) {
      ObjectNode rating = review.putObject("rating");
      if (ratings != null && ratings.path(reviewer).isInt()) {
        rating.put("stars", ratings.get(reviewer).asInt());
        rating.put("color", stars.color());
      } else {
        rating.put("error", "Ratings service is currently unavailable");
      }
    }
    return review;
  }
}
