// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Calls between services, counted as their spans arrive, by minute; so a dependency outlives the
 * traces it was seen in. Bounded by minutes and by pairs a minute. Not safe for use by several
 * threads.
 */
public final class CallCounts {
  private static final int MINUTES = 24 * 60;
  private static final int PAIRS = 10_000;

  private record Pair(String parent, String child) {}

  /** So many calls of one pair of services in one minute since 1970. */
  public record Count(long minute, String parent, String child, long calls) {}

  private final TreeMap<Long, Map<Pair, Long>> byMinute = new TreeMap<>();

  /** Counts one call. */
  public void count(String parent, String child, long startEpochNanos) {
    add(new Count(TimeUnit.NANOSECONDS.toMinutes(startEpochNanos), parent, child, 1));
  }

  /** Counts many. */
  public void add(Count count) {
    long minute = count.minute();
    if (!byMinute.containsKey(minute) && byMinute.size() == MINUTES) {
      if (minute < byMinute.firstKey()) {
        return;
      }
      byMinute.pollFirstEntry();
    }
    Map<Pair, Long> counts = byMinute.computeIfAbsent(minute, m -> new HashMap<>());
    Pair pair = new Pair(count.parent(), count.child());
    if (counts.size() < PAIRS || counts.containsKey(pair)) {
      counts.merge(pair, count.calls(), Long::sum);
    }
  }

  /** All that was counted. */
  public List<Count> counts() {
    List<Count> all = new ArrayList<>();
    byMinute.forEach(
        (minute, of) ->
            of.forEach((pair, n) -> all.add(new Count(minute, pair.parent(), pair.child(), n))));
    return all;
  }

  /** The sums within a time. */
  public List<Dependency> within(Instant end, Duration lookback) {
    long last = end.getEpochSecond() / 60;
    long first = end.minus(lookback).getEpochSecond() / 60;
    Map<Pair, Long> sums = new HashMap<>();
    if (first <= last) {
      for (Map<Pair, Long> counts : byMinute.subMap(first, true, last, true).values()) {
        counts.forEach((pair, count) -> sums.merge(pair, count, Long::sum));
      }
    }
    List<Dependency> dependencies = new ArrayList<>(sums.size());
    sums.forEach((p, n) -> dependencies.add(new Dependency(p.parent(), p.child(), n)));
    dependencies.sort(
        java.util.Comparator.comparing(Dependency::parent).thenComparing(Dependency::child));
    return dependencies;
  }
}
