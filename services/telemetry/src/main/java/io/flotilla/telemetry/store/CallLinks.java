// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is left of spans that went on: which service each was of, and whose parents had not arrived.
 * With it, calls are counted whose two spans do not meet in one store. A span costs some twenty
 * bytes. Filled by one thread, read by many afterwards.
 */
public final class CallLinks {
  /** A span whose parent was not there. */
  record Orphan(String service, long startEpochNanos) {}

  private final long[] keys;
  private final int[] services;
  private final int mask;
  private final List<String> names = new ArrayList<>();
  private final Map<String, Integer> numbers = new HashMap<>();
  private final Map<Long, List<Orphan>> orphans = new HashMap<>();

  CallLinks(int spans) {
    int size = Integer.highestOneBit(Math.max(8, spans) * 2 - 1) * 2;
    this.keys = new long[size];
    this.services = new int[size];
    this.mask = size - 1;
  }

  private static long key(TraceId trace, long spanId) {
    long key = mix(trace.high() * 31 + trace.low()) ^ mix(~spanId);
    return key == 0 ? 1 : key;
  }

  private static long mix(long value) {
    long z = (value ^ value >>> 33) * 0xff51afd7ed558ccdL;
    return z ^ z >>> 33;
  }

  void put(TraceId trace, long spanId, String service) {
    long key = key(trace, spanId);
    int at = (int) key & mask;
    while (keys[at] != 0 && keys[at] != key) {
      at = at + 1 & mask;
    }
    keys[at] = key;
    services[at] =
        numbers.computeIfAbsent(
            service,
            s -> {
              names.add(s);
              return names.size() - 1;
            });
  }

  void putOrphan(TraceId trace, long parentSpanId, Orphan orphan) {
    orphans.computeIfAbsent(key(trace, parentSpanId), k -> new ArrayList<>(1)).add(orphan);
  }

  /** The service of a span; null: it is not known here. */
  @Nullable String service(TraceId trace, long spanId) {
    long key = key(trace, spanId);
    for (int at = (int) key & mask; keys[at] != 0; at = at + 1 & mask) {
      if (keys[at] == key) {
        return names.get(services[at]);
      }
    }
    return null;
  }

  /** The spans that waited for this one. */
  List<Orphan> orphans(TraceId trace, long spanId) {
    return orphans.isEmpty() ? List.of() : orphans.getOrDefault(key(trace, spanId), List.of());
  }
}
