// SPDX-License-Identifier: Apache-2.0
package io.flotilla.shell;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;

/**
 * A fact that happened in the mesh, as a CloudEvent 1.0. On every channel the payload is {@link
 * #toJson}: the structured JSON form, so that Knative Eventing can read a topic too.
 *
 * @param type "io.flotilla.config.accepted", ...
 * @param source "/galley", "/pilot", "/citadel", ...
 * @param subject what it is about: an object, a node id, a SPIFFE id
 * @param data an object of the type's own form
 */
public record MeshEvent(
    String id, String type, String source, String subject, Instant time, JsonNode data) {

  /** The content type of {@link #toJson}. */
  public static final String CONTENT_TYPE = "application/cloudevents+json";

  /**
   * The settings of a channel of events that Kafka carries; a service whose events they are gives
   * them to Kafka's connector as a bean with the channel's name.
   */
  public static final Map<String, Object> ON_KAFKA =
      Map.of("interceptor.classes", "io.flotilla.shell.kafka.StructuredEvents");

  private static final ObjectMapper JSON = new ObjectMapper();

  /** A new event, now. {@code data} is turned into JSON. */
  public static MeshEvent of(String type, String source, String subject, Object data) {
    return new MeshEvent(
        UUID.randomUUID().toString(), type, source, subject, Instant.now(), JSON.valueToTree(data));
  }

  /** The structured JSON form. */
  public String toJson() {
    ObjectNode node = JSON.createObjectNode();
    node.put("specversion", "1.0");
    node.put("id", id);
    node.put("type", type);
    node.put("source", source);
    node.put("subject", subject);
    node.put("time", time.toString());
    node.put("datacontenttype", "application/json");
    node.set("data", data);
    return node.toString();
  }

  /**
   * Reads the structured JSON form.
   *
   * @throws IllegalArgumentException if it is not a CloudEvent with id, type and source
   */
  public static MeshEvent fromJson(String json) {
    try {
      JsonNode node = JSON.readTree(json);
      if (!node.path("specversion").asText().equals("1.0")
          || !node.hasNonNull("id")
          || !node.hasNonNull("type")
          || !node.hasNonNull("source")) {
        throw new IllegalArgumentException(
            "not a CloudEvent 1.0: specversion, id, type and source are required");
      }
      return new MeshEvent(
          node.get("id").asText(),
          node.get("type").asText(),
          node.get("source").asText(),
          node.path("subject").asText(""),
          node.hasNonNull("time") ? Instant.parse(node.get("time").asText()) : Instant.EPOCH,
          node.path("data"));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not a CloudEvent: " + e.getOriginalMessage(), e);
    }
  }
}
