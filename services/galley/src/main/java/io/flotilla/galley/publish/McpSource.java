// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley.publish;

import io.flotilla.xds.server.Peer;
import io.flotilla.xds.server.ResourceSet;
import io.flotilla.xds.server.ResourceSource;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Gives every stream the newest set, and each newer one in order. */
public final class McpSource implements ResourceSource {
  private final Set<Consumer<ResourceSet>> sinks = new LinkedHashSet<>();
  private Optional<ResourceSet> newest = Optional.empty();

  @Override
  public synchronized AutoCloseable open(Peer peer, Consumer<ResourceSet> sink) {
    sinks.add(sink);
    newest.ifPresent(sink);
    return () -> close(sink);
  }

  private synchronized void close(Consumer<ResourceSet> sink) {
    sinks.remove(sink);
  }

  /** Hands a newer set to every stream. Sinks don't block. */
  public synchronized void publish(ResourceSet set) {
    newest = Optional.of(set);
    sinks.forEach(sink -> sink.accept(set));
  }

  /** How many streams there are. */
  public synchronized int streams() {
    return sinks.size();
  }
}
