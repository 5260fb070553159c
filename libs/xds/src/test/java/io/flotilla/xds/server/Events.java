// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What a server told its listener, one line an event. */
public final class Events implements StreamListener {
  private final LinkedBlockingQueue<String> lines = new LinkedBlockingQueue<>();

  @Override
  public void acknowledged(Peer peer, long revision) {
    lines.add("acknowledged " + revision);
  }

  @Override
  public void refused(Peer peer, String typeUrl, String name, String reason) {
    lines.add("refused " + name + ": " + reason);
  }

  @Override
  public void closed(Peer peer) {
    lines.add("closed");
  }

  /** Waits for a line. */
  public void awaits(String line) throws InterruptedException {
    List<String> seen = new ArrayList<>();
    for (String next = lines.poll(5, TimeUnit.SECONDS);
        next != null;
        next = lines.poll(5, TimeUnit.SECONDS)) {
      seen.add(next);
      if (next.equals(line)) {
        return;
      }
    }
    assertThat(seen).contains(line);
  }

  /** What nobody waited for yet. */
  public List<String> soFar() {
    return List.copyOf(lines);
  }
}
