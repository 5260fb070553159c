// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.log;

import io.flotilla.telemetry.TelemetryConfig;
import io.flotilla.telemetry.store.TraceId;
import io.flotilla.telemetry.tenant.Tenant;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Log records by trace, in memory, bounded by age and bytes: above either the traces that logged
 * first leave, each as a whole. Safe for use by several threads.
 */
@ApplicationScoped
public class LogStore {
  private static final int ENTRIES_OF_A_TRACE = 10_000;

  private record Key(Tenant tenant, TraceId trace) {}

  private static final class Entries {
    final long arrived;
    final List<LogEntry> list = new ArrayList<>(2);
    long bytes = 200;

    Entries(long arrived) {
      this.arrived = arrived;
    }
  }

  private final long maxBytes;
  private final Duration maxAge;
  private final LinkedHashMap<Key, Entries> traces = new LinkedHashMap<>();
  private long bytes;

  @Inject
  LogStore(TelemetryConfig config) {
    this(config.logs().maxBytes(), config.logs().maxAge());
  }

  LogStore(long maxBytes, Duration maxAge) {
    this.maxBytes = maxBytes;
    this.maxAge = maxAge;
  }

  /** Keeps the records; those beyond a trace's share are not kept, and their number returned. */
  public int add(Tenant tenant, List<LogEntry> entries) {
    return add(tenant, entries, System.nanoTime());
  }

  synchronized int add(Tenant tenant, List<LogEntry> entries, long now) {
    int refused = 0;
    for (LogEntry entry : entries) {
      Entries of =
          traces.computeIfAbsent(
              new Key(tenant, entry.trace()),
              k -> {
                bytes += 200;
                return new Entries(now);
              });
      if (of.list.size() == ENTRIES_OF_A_TRACE || of.bytes + entry.bytes() > maxBytes / 2) {
        refused++;
        continue;
      }
      of.list.add(entry);
      of.bytes += entry.bytes();
      bytes += entry.bytes();
    }
    purge(now);
    return refused;
  }

  private void purge(long now) {
    while (!traces.isEmpty()) {
      Map.Entry<Key, Entries> first = traces.firstEntry();
      boolean old = now - first.getValue().arrived > maxAge.toNanos();
      if (!old && bytes <= maxBytes) {
        return;
      }
      bytes -= first.getValue().bytes;
      traces.remove(first.getKey());
    }
  }

  /** The records of a trace in the order of their time; empty where there are none. */
  public synchronized List<LogEntry> of(Tenant tenant, TraceId trace) {
    purge(System.nanoTime());
    Entries entries = traces.get(new Key(tenant, trace));
    return entries == null
        ? List.of()
        : entries.list.stream().sorted(Comparator.comparingLong(LogEntry::epochNanos)).toList();
  }
}
