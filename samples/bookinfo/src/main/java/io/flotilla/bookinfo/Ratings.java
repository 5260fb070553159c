// SPDX-License-Identifier: Apache-2.0
package io.flotilla.bookinfo;

import com.fasterxml.jackson.core.type.TypeReference;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The service ratings: {@code /ratings/{id}}, GET to read and POST to replace. */
final class Ratings {
  private static final int MAX_PRODUCTS = 1000;
  private static final TypeReference<LinkedHashMap<String, Integer>> STARS_BY_REVIEWER =
      new TypeReference<>() {};

  private final Map<Integer, Map<String, Integer>> posted = new ConcurrentHashMap<>();

  Map<String, Endpoint> routes() {
    return Map.of("/ratings/", this::ratings, "/health", request -> Answer.healthy("Ratings"));
  }

  private Answer ratings(Request request) {
    int id;
    try {
      id = Integer.parseInt(request.segment(1));
    } catch (NumberFormatException e) {
      return Answer.error(400, "please provide numeric product ID");
    }
    return switch (request.method()) {
      case "GET", "HEAD" -> Answer.json(200, body(id));
      case "POST" -> post(id, request.body());
      default -> Answer.error(405, "ratings are read by GET and replaced by POST");
    };
  }

  private Answer post(int id, byte[] body) {
    Map<String, Integer> ratings;
    try {
      ratings = Answer.JSON.readValue(body, STARS_BY_REVIEWER);
    } catch (IOException e) {
      return Answer.error(400, "please provide valid ratings JSON");
    }
    if (posted.size() >= MAX_PRODUCTS && !posted.containsKey(id)) {
      return Answer.error(507, "no more than " + MAX_PRODUCTS + " products can be rated");
    }
    posted.put(id, ratings);
    return Answer.json(200, body(id));
  }

  private Map<String, Object> body(int id) {
    Map<String, Integer> initial = new LinkedHashMap<>();
    initial.put("Reviewer1", 5);
    initial.put("Reviewer2", 4);
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("id", id);
    out.put("ratings", posted.getOrDefault(id, initial));
    return out;
  }
}
