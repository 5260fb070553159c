// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.event;

import io.flotilla.shell.MeshEvent;
import io.flotilla.telemetry.TelemetryConfig;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.jboss.logging.Logger;

/** Keeps the latest events of configuration and proxies, and counts those of certificates. */
@ApplicationScoped
public class Annotations {
  private static final Logger LOG = Logger.getLogger(Annotations.class);
  private static final int LONGEST_EVENT = 256 * 1024;
  private static final int MOST_TYPES = 32;

  private final Deque<MeshEvent> latest = new ArrayDeque<>();
  private final java.util.Set<String> types = java.util.concurrent.ConcurrentHashMap.newKeySet();
  private final MeterRegistry metrics;
  private final int max;

  Annotations(TelemetryConfig config, MeterRegistry metrics) {
    this.max = config.annotations().max();
    this.metrics = metrics;
  }

  @Incoming("config-events")
  void configuration(String json) {
    note("config-events", json);
  }

  @Incoming("proxy-events")
  void proxy(String json) {
    note("proxy-events", json);
  }

  @Incoming("certificate-events")
  void certificate(String json) {
    MeshEvent event = note("certificate-events", json);
    if (event != null) {
      metrics.counter("flotilla_certificate_events", "type", bounded(event.type())).increment();
    }
  }

  /** A label's values must not grow without end, whatever is sent. */
  private String bounded(String type) {
    return types.contains(type) || types.size() < MOST_TYPES && types.add(type) ? type : "other";
  }

  private @org.jspecify.annotations.Nullable MeshEvent note(String channel, String json) {
    metrics.counter("flotilla_telemetry_events", "channel", channel).increment();
    try {
      if (json.length() > LONGEST_EVENT) {
        throw new IllegalArgumentException("longer than " + LONGEST_EVENT + " characters");
      }
      MeshEvent event = MeshEvent.fromJson(json);
      synchronized (latest) {
        latest.addLast(event);
        if (latest.size() > max) {
          latest.removeFirst();
        }
      }
      return event;
    } catch (IllegalArgumentException | java.time.DateTimeException e) {
      metrics.counter("flotilla_telemetry_events_refused", "channel", channel).increment();
      LOG.warnf("an event on %s is left out: %s", channel, e.getMessage());
      return null;
    }
  }

  /** The latest events from {@code since} on, the newest first. */
  public List<MeshEvent> since(Instant since, int limit) {
    List<MeshEvent> events = new ArrayList<>();
    synchronized (latest) {
      Iterator<MeshEvent> newestFirst = latest.descendingIterator();
      while (newestFirst.hasNext() && events.size() < limit) {
        MeshEvent event = newestFirst.next();
        if (!event.time().isBefore(since)) {
          events.add(event);
        }
      }
    }
    return events;
  }
}
