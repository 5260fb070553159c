// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.server;

import com.google.protobuf.Message;
import com.google.protobuf.StringValue;
import io.flotilla.xds.codec.EnvoyEncoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** A source whose resources a test sets: each is a name and a text. */
public final class Resources implements ResourceSource {
  private final List<Consumer<ResourceSet>> sinks = new CopyOnWriteArrayList<>();
  final List<Peer> peers = new CopyOnWriteArrayList<>();
  private final Map<String, Map<String, VersionedResource>> types = new LinkedHashMap<>();
  private long revision;

  @Override
  public synchronized AutoCloseable open(Peer peer, Consumer<ResourceSet> sink) {
    peers.add(peer);
    sinks.add(sink);
    if (revision > 0) {
      sink.accept(new ResourceSet(revision, types));
    }
    return () -> sinks.remove(sink);
  }

  int streams() {
    return sinks.size();
  }

  /** Sets names to texts, "name=text"; without "=": the name is removed. */
  public synchronized Resources with(String type, String... changes) {
    Map<String, VersionedResource> next =
        new LinkedHashMap<>(types.getOrDefault(type, new LinkedHashMap<>()));
    for (String change : changes) {
      int is = change.indexOf('=');
      if (is < 0) {
        next.remove(change);
      } else {
        String name = change.substring(0, is);
        next.put(name, EnvoyEncoder.versioned(name, StringValue.of(change.substring(is + 1))));
      }
    }
    types.put(type, next);
    return this;
  }

  /** Sets a resource to any message at all. */
  public synchronized Resources put(String type, String name, Message body) {
    Map<String, VersionedResource> next =
        new LinkedHashMap<>(types.getOrDefault(type, new LinkedHashMap<>()));
    next.put(name, EnvoyEncoder.versioned(name, body));
    types.put(type, next);
    return this;
  }

  /** Publishes all that was set. */
  public synchronized void publish() {
    revision++;
    ResourceSet set = new ResourceSet(revision, types);
    new ArrayList<>(sinks).forEach(s -> s.accept(set));
  }
}
