// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley.publish;

import io.flotilla.shell.MeshEvent;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.jboss.logging.Logger;

/**
 * Which proxies run which revision, from Pilot's {@code proxy-events}. The data's {@code
 * configRevision} is Galley's revision that a proxy has acknowledged. At most 10,000 proxies are
 * remembered.
 */
@ApplicationScoped
public class ProxyProgress {
  private static final Logger LOG = Logger.getLogger(ProxyProgress.class);
  private static final int MOST = 10_000;

  private final Map<String, Proxy> proxies = new LinkedHashMap<>();

  /**
   * One connected proxy.
   *
   * @param revision the newest that it acknowledged; 0: none
   * @param refused the last resource that it refused, with the reason; empty: none
   */
  public record Proxy(String node, long revision, String refused) {}

  @Incoming("proxy-events")
  CompletionStage<Void> take(String payload) {
    try {
      take(MeshEvent.fromJson(payload));
    } catch (IllegalArgumentException e) {
      LOG.warnf("an event on proxy-events is left out: %s", e.getMessage());
    }
    return CompletableFuture.completedFuture(null);
  }

  synchronized void take(MeshEvent event) {
    String kind = event.type().substring(event.type().lastIndexOf('.') + 1);
    String node = event.subject();
    if (kind.equals("gone") || kind.equals("disconnected")) {
      proxies.remove(node);
      return;
    }
    Proxy known = proxies.getOrDefault(node, new Proxy(node, 0, ""));
    if (!proxies.containsKey(node) && proxies.size() >= MOST) {
      return;
    }
    switch (kind) {
      case "acknowledged" -> {
        long revision = event.data().path("configRevision").asLong(known.revision());
        proxies.put(node, new Proxy(node, Math.max(known.revision(), revision), ""));
      }
      case "refused" ->
          proxies.put(
              node,
              new Proxy(
                  node,
                  known.revision(),
                  event.data().path("name").asText("")
                      + ": "
                      + event.data().path("reason").asText("")));
      default -> proxies.put(node, known);
    }
  }

  /** All connected proxies by node. */
  public synchronized SortedMap<String, Proxy> proxies() {
    return new TreeMap<>(proxies);
  }

  /** How many have acknowledged the revision, of all that are connected: {n, m}. */
  public synchronized Programmed programmed(long revision) {
    int there = (int) proxies.values().stream().filter(p -> p.revision() >= revision).count();
    return new Programmed(there, proxies.size());
  }

  /** "n of m proxies run it". */
  public record Programmed(int proxies, int connected) {}
}
