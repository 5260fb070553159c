// SPDX-License-Identifier: Apache-2.0
package io.flotilla.bookinfo;

import java.util.LinkedHashMap;
import java.util.Map;

/** The service details: {@code /details/{id}}. */
final class Details {
  Map<String, Endpoint> routes() {
    return Map.of("/details/", Details::details, "/health", request -> Answer.healthy("Details"));
  }

  private static Answer details(Request request) {
    int id;
    try {
      id = Integer.parseInt(request.segment(1));
    } catch (NumberFormatException e) {
      return Answer.error(400, "please provide numeric product id");
    }
    Map<String, Object> book = new LinkedHashMap<>();
    book.put("id", id);
    book.put("author", "William Shakespeare");
    book.put("year", 1595);
    book.put("type", "paperback");
    book.put("pages", 200);
    book.put("publisher", "PublisherA");
    book.put("language", "English");
    book.put("ISBN-10", "1234567890");
    book.put("ISBN-13", "123-1234567890");
    return Answer.json(200, book);
  }
}
