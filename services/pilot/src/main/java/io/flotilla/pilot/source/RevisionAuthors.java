// SPDX-License-Identifier: Apache-2.0
package io.flotilla.pilot.source;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.shell.MeshEvent;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.jboss.logging.Logger;

/**
 * Who made which revision of the configuration, and why, from Galley's {@code config-events}: MCP
 * brings the objects alone. The newest 256 revisions are remembered.
 */
@ApplicationScoped
public class RevisionAuthors {
  private static final Logger LOG = Logger.getLogger(RevisionAuthors.class);
  private static final int MOST = 256;
  private static final int MOST_OBJECTS = 100;
  private static final int LONGEST_EVENT = 256 * 1024;

  private final NavigableMap<Long, Authored> revisions = new TreeMap<>();

  /**
   * One revision of Galley's.
   *
   * @param objects "kind namespace/name" of what it changed, at most 100
   * @param rejected what it had to leave out: an object or a file
   */
  public record Authored(
      long revision,
      Instant time,
      String author,
      String cause,
      Set<String> objects,
      Set<String> rejected) {
    /** Copies. */
    public Authored {
      objects = java.util.Collections.unmodifiableSet(new LinkedHashSet<>(objects));
      rejected = java.util.Collections.unmodifiableSet(new LinkedHashSet<>(rejected));
    }
  }

  @Incoming("config-events")
  void take(String payload) {
    try {
      if (payload.length() > LONGEST_EVENT) {
        throw new IllegalArgumentException("longer than " + LONGEST_EVENT + " characters");
      }
      take(MeshEvent.fromJson(payload));
    } catch (IllegalArgumentException | DateTimeException e) {
      LOG.warnf("an event on config-events is left out: %s", e.getMessage());
    }
  }

  /** A revision has one event for what came into force and one for each rejection. */
  private synchronized void take(MeshEvent event) {
    long revision = event.data().path("revision").asLong(0);
    if (revision < 1) {
      throw new IllegalArgumentException(event.type() + " of " + event.id() + " has no revision");
    }
    Authored known = revisions.get(revision);
    Set<String> objects = new LinkedHashSet<>(known == null ? Set.of() : known.objects());
    Set<String> rejected = new LinkedHashSet<>(known == null ? Set.of() : known.rejected());
    for (JsonNode each : event.data().path("objects")) {
      if (objects.size() < MOST_OBJECTS) {
        objects.add(each.path("object").asText());
      }
    }
    if (event.type().endsWith(".rejected") && rejected.size() < MOST_OBJECTS) {
      rejected.add(event.subject());
    }
    revisions.put(
        revision,
        new Authored(
            revision,
            event.time(),
            event.data().path("author").asText(""),
            event.data().path("cause").asText(""),
            objects,
            rejected));
    if (revisions.size() > MOST) {
      revisions.pollFirstEntry();
    }
  }

  /** The newest first. */
  public synchronized List<Authored> newest() {
    return new ArrayList<>(revisions.descendingMap().values());
  }
}
