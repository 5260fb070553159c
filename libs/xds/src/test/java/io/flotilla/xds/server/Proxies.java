// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.model.snapshot.ProxySnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Gives every proxy the snapshot that a test set, and writes down how they fare. */
public final class Proxies implements SnapshotSource, XdsObserver {
  private final List<Consumer<ProxySnapshot>> sinks = new CopyOnWriteArrayList<>();
  private final LinkedBlockingQueue<String> events = new LinkedBlockingQueue<>();
  private final List<String> refusals = new CopyOnWriteArrayList<>();
  private final List<ConnectedProxy> proxies = new CopyOnWriteArrayList<>();
  private ProxySnapshot current;

  @Override
  public synchronized AutoCloseable open(ConnectedProxy proxy, Consumer<ProxySnapshot> sink) {
    proxies.add(proxy);
    sinks.add(sink);
    if (current != null) {
      sink.accept(current);
    }
    return () -> sinks.remove(sink);
  }

  /** Publishes a snapshot. */
  public synchronized void publish(ProxySnapshot next) {
    current = next;
    sinks.forEach(s -> s.accept(next));
  }

  @Override
  public void acknowledged(ConnectedProxy proxy, long revision) {
    events.add("acknowledged " + revision);
  }

  @Override
  public void sent(ConnectedProxy proxy, String typeUrl, long revision, int resources) {
    events.add("sent " + resources + " of " + typeUrl.substring(typeUrl.lastIndexOf('.') + 1));
  }

  @Override
  public void refused(ConnectedProxy proxy, String typeUrl, String name, String reason) {
    refusals.add(name + ": " + reason);
    events.add("refused " + name);
  }

  @Override
  public void disconnected(ConnectedProxy proxy) {
    events.add("disconnected");
  }

  /** Proxies that connected so far. */
  public List<ConnectedProxy> proxies() {
    return proxies;
  }

  /** What was refused so far, and why. */
  public List<String> refusals() {
    return refusals;
  }

  /** Waits for an event. */
  public void awaits(String event) throws InterruptedException {
    List<String> seen = new ArrayList<>();
    for (String next = events.poll(10, TimeUnit.SECONDS);
        next != null;
        next = events.poll(10, TimeUnit.SECONDS)) {
      seen.add(next);
      if (next.equals(event)) {
        return;
      }
    }
    assertThat(seen).as("events; refused: " + refusals).contains(event);
  }
}
