// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.capture.istiod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/**
 * An answer as curl or openssl shows it.
 *
 * @param status 0 where there was none
 * @param said what the place in the {@link World} said; missing where it was not its answer
 */
record Reply(int status, Map<String, String> headers, String body, JsonNode said) {
  private static final ObjectMapper JSON = new ObjectMapper();

  static Reply of(String output) {
    String text = output.replace("\r", "");
    int start = text.indexOf("HTTP/");
    int end = start < 0 ? -1 : text.indexOf("\n\n", start);
    if (end < 0) {
      return new Reply(0, Map.of(), text, json(text.strip()));
    }
    String[] lines = text.substring(start, end).split("\n");
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (int i = 1; i < lines.length; i++) {
      int colon = lines[i].indexOf(':');
      headers.merge(
          lines[i].substring(0, colon),
          lines[i].substring(colon + 1).strip(),
          (one, two) -> one + "," + two);
    }
    String body = text.substring(end + 2).strip();
    return new Reply(Integer.parseInt(lines[0].split(" ")[1]), headers, body, json(body));
  }

  private static JsonNode json(String text) {
    try {
      return text.startsWith("{") ? JSON.readTree(text) : MissingNode.getInstance();
    } catch (IOException e) {
      return MissingNode.getInstance();
    }
  }

  String pod() {
    return said.path("pod").asText();
  }

  /** A header as the place got it. */
  String got(String header) {
    return said.path("headers").path(header).asText();
  }
}
