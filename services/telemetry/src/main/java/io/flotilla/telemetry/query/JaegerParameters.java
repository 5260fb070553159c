// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.query;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.telemetry.store.TraceQuery;
import io.flotilla.telemetry.traceql.DurationUnit;
import jakarta.ws.rs.core.MultivaluedMap;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The query parameters of Jaeger's search (cmd/query/app/query_parser.go). */
final class JaegerParameters {
  private static final int DEFAULT_LIMIT = 100;
  private static final int MOST = 10_000;
  private static final int TAGS = 64;
  private static final Duration DEFAULT_LOOKBACK = Duration.ofDays(2);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern PART =
      Pattern.compile("(\\d+(?:\\.\\d*)?|\\.\\d+)(ns|us|µs|ms|s|m|h)");

  private JaegerParameters() {}

  /**
   * The search that these parameters mean.
   *
   * @throws IllegalArgumentException naming the parameter that is wrong, as Jaeger says it
   */
  static TraceQuery search(MultivaluedMap<String, String> parameters, Instant now) {
    String service = parameters.getFirst("service");
    if (service == null || service.isEmpty()) {
      throw new IllegalArgumentException("parameter 'service' is required");
    }
    String operation = parameters.getFirst("operation");
    long nowMicros = now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
    long start = number(parameters, "start", nowMicros - DEFAULT_LOOKBACK.toMillis() * 1_000);
    long end = number(parameters, "end", nowMicros);
    long limit = number(parameters, "limit", DEFAULT_LIMIT);
    long min = duration(parameters, "minDuration", 0);
    long max = duration(parameters, "maxDuration", Long.MAX_VALUE);
    if (max < min) {
      throw new IllegalArgumentException("'maxDuration' should be greater than 'minDuration'");
    }
    return new TraceQuery(
        service,
        operation == null || operation.isEmpty() ? null : operation,
        tags(parameters),
        nanos(start),
        nanos(end),
        min,
        max,
        (int) Math.clamp(limit, 1, MOST));
  }

  static long number(MultivaluedMap<String, String> parameters, String name, long otherwise) {
    String text = parameters.getFirst(name);
    if (text == null || text.isEmpty()) {
      return otherwise;
    }
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "unable to parse param '" + name + "': '" + cut(text) + "' is not a whole number");
    }
  }

  private static long nanos(long micros) {
    return micros > Long.MAX_VALUE / 1_000 ? Long.MAX_VALUE : micros < 0 ? 0 : micros * 1_000;
  }

  /** Go's form of a duration, "1h2m3.5s", in nanoseconds. */
  static long duration(MultivaluedMap<String, String> parameters, String name, long otherwise) {
    String text = parameters.getFirst(name);
    if (text == null || text.isEmpty()) {
      return otherwise;
    }
    Matcher matcher = PART.matcher(text);
    double nanos = 0;
    int at = 0;
    while (matcher.find() && matcher.start() == at) {
      nanos += Double.parseDouble(matcher.group(1)) * DurationUnit.nanos(matcher.group(2));
      at = matcher.end();
    }
    if (at == 0 || at != text.length() || nanos > Long.MAX_VALUE) {
      throw new IllegalArgumentException(
          "unable to parse param '" + name + "': invalid duration '" + cut(text) + "'");
    }
    return (long) nanos;
  }

  private static Map<String, String> tags(MultivaluedMap<String, String> parameters) {
    Map<String, String> tags = new HashMap<>();
    for (String tag : parameters.getOrDefault("tag", List.of())) {
      int colon = tag.indexOf(':');
      if (colon < 0) {
        throw new IllegalArgumentException(
            "malformed 'tag' parameter, expecting key:value, received: " + cut(tag));
      }
      tags.put(tag.substring(0, colon), tag.substring(colon + 1));
    }
    for (String json : parameters.getOrDefault("tags", List.of())) {
      try {
        JsonNode object = JSON.readTree(json);
        if (!object.isObject()) {
          throw new IllegalArgumentException(
              "malformed 'tags' parameter, expecting a JSON object of strings");
        }
        object.properties().forEach(e -> tags.put(e.getKey(), e.getValue().asText()));
      } catch (JsonProcessingException e) {
        throw new IllegalArgumentException(
            "malformed 'tags' parameter, cannot unmarshal JSON: " + e.getOriginalMessage());
      }
    }
    if (tags.size() > TAGS) {
      throw new IllegalArgumentException("more than " + TAGS + " tags in one search");
    }
    return tags;
  }

  private static String cut(String text) {
    return text.length() <= 80 ? text : text.substring(0, 80) + "...";
  }
}
