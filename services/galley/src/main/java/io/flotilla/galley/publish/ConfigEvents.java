// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley.publish;

import io.flotilla.api.Rejection;
import io.flotilla.galley.store.ObjectChange;
import io.flotilla.galley.store.Revision;
import io.flotilla.shell.EventOutbox;
import io.flotilla.shell.MeshEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Facts on the channel {@code config-events}: {@code io.flotilla.config.accepted}, {@code
 * .rejected}, {@code .rolledback}. Nobody's work waits for them.
 */
@ApplicationScoped
public class ConfigEvents {
  private static final String TYPE = "io.flotilla.config.";
  private static final String SOURCE = "/galley";

  private final EventOutbox outbox;

  public ConfigEvents(ConfigChannel channel) {
    this.outbox = new EventOutbox("config-events", channel::send);
  }

  /** Tells what a revision did: one event for what came into force, one for each rejection. */
  public void tell(Revision revision) {
    List<ObjectChange> back =
        revision.changes().stream()
            .filter(change -> change.kind() == ObjectChange.Kind.ROLLED_BACK)
            .toList();
    List<ObjectChange> forward =
        revision.changes().stream()
            .filter(change -> change.kind() != ObjectChange.Kind.ROLLED_BACK)
            .toList();
    if (!forward.isEmpty()) {
      send("accepted", subject(forward), data(revision, forward));
    }
    if (!back.isEmpty()) {
      send("rolledback", subject(back), data(revision, back));
    }
    for (Rejection rejection : revision.rejections()) {
      Map<String, Object> data = head(revision);
      data.put("file", rejection.origin().file());
      data.put("line", rejection.line());
      data.put("object", rejection.object());
      data.put("reason", rejection.reason());
      send(
          "rejected",
          rejection.object().isEmpty() ? rejection.origin().file() : rejection.object(),
          data);
    }
  }

  private static String subject(List<ObjectChange> changes) {
    return changes.size() == 1 ? changes.getFirst().key().toString() : changes.size() + " objects";
  }

  private static Map<String, Object> data(Revision revision, List<ObjectChange> changes) {
    Map<String, Object> data = head(revision);
    data.put(
        "objects",
        changes.stream()
            .map(
                change ->
                    Map.of(
                        "object",
                        change.key().toString(),
                        "change",
                        change.kind().name().toLowerCase(Locale.ROOT)))
            .toList());
    return data;
  }

  private static Map<String, Object> head(Revision revision) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("revision", revision.revision());
    data.put("author", revision.author());
    data.put("cause", revision.cause());
    return data;
  }

  private void send(String kind, String subject, Map<String, Object> data) {
    outbox.offer(MeshEvent.of(TYPE + kind, SOURCE, subject, data));
  }

  /** How many events were dropped. */
  public long dropped() {
    return outbox.dropped();
  }

  @PreDestroy
  void close() {
    outbox.close();
  }
}
