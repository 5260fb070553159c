// SPDX-License-Identifier: Apache-2.0
package io.flotilla.bookinfo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** What goes back: a status, headers, a body. */
record Answer(int status, Map<String, String> headers, byte[] body) {
  static final ObjectMapper JSON = new ObjectMapper();

  static Answer json(int status, Object value) {
    try {
      return new Answer(
          status, Map.of("content-type", "application/json"), JSON.writeValueAsBytes(value));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not JSON: " + e.getOriginalMessage(), e);
    }
  }

  static Answer error(int status, String sentence) {
    return json(status, Map.of("error", sentence));
  }

  static Answer html(int status, String page) {
    return new Answer(
        status,
        Map.of("content-type", "text/html; charset=utf-8"),
        page.getBytes(StandardCharsets.UTF_8));
  }

  static Answer healthy(String service) {
    return json(200, Map.of("status", service + " is healthy"));
  }
}
