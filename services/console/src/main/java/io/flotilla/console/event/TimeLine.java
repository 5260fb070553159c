// SPDX-License-Identifier: Apache-2.0
package io.flotilla.console.event;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.console.ConsoleConfig;
import io.flotilla.shell.MeshEvent;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The latest events of each channel, the newest first; older ones are forgotten. Each channel has
 * its own room, so that a mesh's many renewals do not push out what was done to its configuration.
 */
@ApplicationScoped
public class TimeLine {
  private static final Logger LOG = Logger.getLogger(TimeLine.class);
  private static final int LONGEST_EVENT = 256 * 1024;
  private static final int LONGEST_TEXT = 600;

  private static final int MOST_PROXIES = 10_000;

  private final Map<String, Deque<Noted>> latest = new HashMap<>();
  private final Map<String, Instant> acknowledged = new ConcurrentHashMap<>();
  private final MeterRegistry metrics;
  private final int max;
  private long noted;

  private record Noted(long number, Entry entry) {}

  TimeLine(ConsoleConfig config, MeterRegistry metrics) {
    this.max = config.events().max();
    this.metrics = metrics;
  }

  /** How an entry is shown. */
  public enum Tone {
    GOOD,
    NEUTRAL,
    WARNING,
    BAD
  }

  /**
   * @param at RFC 3339
   * @param type "io.flotilla.config.rejected"
   * @param detail one line from the event's data; may be empty
   */
  public record Entry(
      String id,
      Instant at,
      String type,
      String source,
      String subject,
      Tone tone,
      String detail) {}

  @Incoming("config-events")
  void configuration(String json) {
    note("config-events", json);
  }

  @Incoming("proxy-events")
  void proxy(String json) {
    MeshEvent event = note("proxy-events", json);
    if (event == null) {
      return;
    }
    if (event.type().endsWith(".gone")) {
      acknowledged.remove(event.subject());
    } else if (event.type().endsWith(".acknowledged")
        && (acknowledged.size() < MOST_PROXIES || acknowledged.containsKey(event.subject()))) {
      acknowledged.merge(
          event.subject(), event.time(), (known, now) -> now.isAfter(known) ? now : known);
    }
  }

  /** When the proxy last acknowledged all that it was sent; empty: no event told so. */
  public Optional<Instant> acknowledgedAt(String nodeId) {
    return Optional.ofNullable(acknowledged.get(nodeId));
  }

  @Incoming("certificate-events")
  void certificate(String json) {
    note("certificate-events", json);
  }

  private @Nullable MeshEvent note(String channel, String json) {
    metrics.counter("flotilla_console_events", "channel", channel).increment();
    try {
      if (json.length() > LONGEST_EVENT) {
        throw new IllegalArgumentException("longer than " + LONGEST_EVENT + " characters");
      }
      MeshEvent event = MeshEvent.fromJson(json);
      Entry entry =
          new Entry(
              shortened(event.id()),
              event.time(),
              shortened(event.type()),
              shortened(event.source()),
              shortened(event.subject()),
              tone(event.type()),
              detail(event.data()));
      synchronized (latest) {
        Deque<Noted> ofChannel = latest.computeIfAbsent(channel, _ -> new ArrayDeque<>());
        ofChannel.addFirst(new Noted(noted++, entry));
        if (ofChannel.size() > max) {
          ofChannel.removeLast();
        }
      }
      return event;
    } catch (IllegalArgumentException | DateTimeException e) {
      metrics.counter("flotilla_console_events_refused", "channel", channel).increment();
      LOG.warnf("an event on %s is left out: %s", channel, e.getMessage());
      return null;
    }
  }

  private static Tone tone(String type) {
    return switch (type.substring(type.lastIndexOf('.') + 1)) {
      case "rejected", "refused", "failed" -> Tone.BAD;
      case "expiring", "draining", "gone", "disconnected", "rolled-back", "rolledback" ->
          Tone.WARNING;
      case "accepted", "acknowledged", "issued", "renewed", "connected" -> Tone.GOOD;
      default -> Tone.NEUTRAL;
    };
  }

  /** The reason if one is given, else what a reader would look for next. */
  private static String detail(JsonNode data) {
    if (data.isTextual()) {
      return shortened(data.asText());
    }
    for (String field : List.of("reason", "message", "error")) {
      if (data.path(field).isTextual() && !data.path(field).asText().isEmpty()) {
        String where =
            data.path("file").isTextual()
                ? data.path("file").asText()
                    + (data.path("line").asInt() > 0 ? ":" + data.path("line").asInt() : "")
                    + ": "
                : "";
        return shortened(where + data.path(field).asText());
      }
    }
    StringBuilder text = new StringBuilder();
    for (String field :
        List.of("revision", "acknowledgedRevision", "author", "file", "expiry", "objects")) {
      JsonNode value = data.path(field);
      if (value.isArray() && !value.isEmpty()) {
        List<String> names = new ArrayList<>();
        value.forEach(v -> names.add(name(v)));
        append(text, String.join(", ", names.subList(0, Math.min(5, names.size()))));
        if (names.size() > 5) {
          text.append(" and ").append(names.size() - 5).append(" more");
        }
      } else if (value.isValueNode() && !value.isNull() && !value.asText().isEmpty()) {
        append(text, field.equals("file") ? value.asText() : field + " " + value.asText());
      }
    }
    return shortened(text.toString());
  }

  /** Galley names an object with what became of it: {"object":"Kind ns/name","change":"added"}. */
  private static String name(JsonNode object) {
    if (object.path("object").isTextual()) {
      return (object.path("object").asText() + " " + object.path("change").asText("")).strip();
    }
    return object.isTextual() ? object.asText() : object.toString();
  }

  private static void append(StringBuilder text, String more) {
    text.append(text.isEmpty() ? "" : ", ").append(more);
  }

  private static String shortened(String text) {
    return text.length() <= LONGEST_TEXT ? text : text.substring(0, LONGEST_TEXT) + "...";
  }

  /** The newest of each channel, at most {@code each} of it, the newest first. */
  public List<Entry> newestOfEach(int each) {
    synchronized (latest) {
      return latest.values().stream()
          .flatMap(ofChannel -> ofChannel.stream().limit(each))
          .sorted(Comparator.comparingLong(Noted::number).reversed())
          .map(Noted::entry)
          .toList();
    }
  }

  /** The newest first, at most {@code limit}. */
  public List<Entry> newest(int limit) {
    synchronized (latest) {
      return latest.values().stream()
          .flatMap(Deque::stream)
          .sorted(Comparator.comparingLong(Noted::number).reversed())
          .limit(limit)
          .map(Noted::entry)
          .toList();
    }
  }
}
