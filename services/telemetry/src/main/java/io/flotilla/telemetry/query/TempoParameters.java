// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.query;

import jakarta.ws.rs.core.MultivaluedMap;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The query parameters of Tempo's API; times are seconds since 1970, or nanoseconds. */
final class TempoParameters {
  private static final Duration LOOKBACK = Duration.ofHours(1);
  private static final long LARGEST_SECONDS = 100_000_000_000L;
  // Possessive: a value that went back through its characters would need a stack of its length.
  private static final Pattern TAG =
      Pattern.compile("([^\\s=]+)=(?:\"((?:[^\"\\\\]|\\\\.)*+)\"|(\\S*))");

  private final MultivaluedMap<String, String> parameters;
  private final Instant now;

  TempoParameters(MultivaluedMap<String, String> parameters, Instant now) {
    this.parameters = parameters;
    this.now = now;
  }

  private @Nullable String first(String name) {
    String text = parameters.getFirst(name);
    return text == null || text.isBlank() ? null : text.strip();
  }

  /** The query, or what the older form (tags, minDuration, maxDuration) means. */
  String query() {
    String query = first("q");
    if (query == null) {
      query = first("query");
    }
    if (query != null) {
      return query;
    }
    List<String> conditions = new ArrayList<>();
    String tags = first("tags");
    if (tags != null) {
      Matcher tag = TAG.matcher(tags);
      while (tag.find()) {
        String value = tag.group(2) != null ? tag.group(2) : tag.group(3);
        conditions.add(condition(tag.group(1), value));
      }
    }
    String min = first("minDuration");
    if (min != null) {
      conditions.add("duration >= " + min);
    }
    String max = first("maxDuration");
    if (max != null) {
      conditions.add("duration <= " + max);
    }
    return "{ " + String.join(" && ", conditions) + " }";
  }

  private static String condition(String key, String value) {
    String text = "\"" + value.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    return switch (key) {
      case "service.name" -> "resource.service.name = " + text;
      case "name" -> "name = " + text;
      case "status.code", "status" ->
          "status = " + (value.matches("ok|error|unset") ? value : "error");
      case "root.name" -> "rootName = " + text;
      case "root.service.name" -> "rootServiceName = " + text;
      default ->
          value.matches("-?\\d{1,18}")
              ? "(.\"" + key + "\" = " + text + " || .\"" + key + "\" = " + value + ")"
              : "." + "\"" + key.replace("\"", "") + "\" = " + text;
    };
  }

  /** Nanoseconds since 1970; an hour ago where nothing is said. */
  long start() {
    String start = first("start");
    return start == null ? end() - LOOKBACK.toNanos() : nanos("start", start);
  }

  long end() {
    String end = first("end");
    return end == null
        ? TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano()
        : nanos("end", end);
  }

  private static long nanos(String name, String text) {
    try {
      if (text.contains(".")) {
        return Math.round(Double.parseDouble(text) * 1e9);
      }
      long number = Long.parseLong(text);
      return number < LARGEST_SECONDS ? TimeUnit.SECONDS.toNanos(number) : number;
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "invalid " + name + ": '" + cut(text) + "' is no time in seconds since 1970", e);
    }
  }

  /** Nanoseconds between two samples: "15s", or seconds; otherwise some sixty steps. */
  long step() {
    String step = first("step");
    if (step == null) {
      return Math.max(TimeUnit.SECONDS.toNanos(1), (end() - start()) / 60);
    }
    try {
      return step.matches("\\d+(\\.\\d+)?")
          ? Math.round(Double.parseDouble(step) * 1e9)
          : Duration.parse("PT" + step.toUpperCase(java.util.Locale.ROOT)).toNanos();
    } catch (java.time.DateTimeException e) {
      throw new IllegalArgumentException("invalid step: '" + cut(step) + "'", e);
    }
  }

  int number(String name, int otherwise, int most) {
    String text = first(name);
    if (text == null) {
      return otherwise;
    }
    try {
      int number = Integer.parseInt(text);
      if (number < 1) {
        throw new IllegalArgumentException("invalid " + name + ": must be a positive number");
      }
      return Math.min(number, most);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("invalid " + name + ": '" + cut(text) + "'", e);
    }
  }

  private static String cut(String text) {
    return text.length() <= 80 ? text : text.substring(0, 80) + "...";
  }
}
