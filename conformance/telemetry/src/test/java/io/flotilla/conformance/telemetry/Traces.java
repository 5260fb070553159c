// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.telemetry;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.TreeMap;

/** Looks into a trace in Jaeger's JSON. */
final class Traces {
  private Traces() {}

  static JsonNode span(JsonNode trace, String operation) {
    for (JsonNode span : trace.path("spans")) {
      if (span.path("operationName").asText().equals(operation)) {
        return span;
      }
    }
    throw new AssertionError("no span is called " + operation + ": " + trace);
  }

  /** Key to text of the value. */
  static Map<String, String> tags(JsonNode span) {
    Map<String, String> tags = new TreeMap<>();
    span.path("tags").forEach(t -> tags.put(t.path("key").asText(), t.path("value").asText()));
    return tags;
  }

  static String service(JsonNode trace, JsonNode span) {
    return trace
        .path("processes")
        .path(span.path("processID").asText())
        .path("serviceName")
        .asText();
  }

  /** The span id of its parent, or empty. */
  static String parent(JsonNode span) {
    for (JsonNode reference : span.path("references")) {
      if (reference.path("refType").asText().equals("CHILD_OF")) {
        return reference.path("spanID").asText();
      }
    }
    return "";
  }
}
