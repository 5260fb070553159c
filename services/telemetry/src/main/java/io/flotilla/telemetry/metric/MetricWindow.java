// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.metric;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * The last minutes of many targets' series. All series of a target share the times of its scrapes,
 * so that a sample costs eight bytes. A series that a scrape lacks is marked stale at that moment
 * and forgotten when its last sample has left the window. Safe for use by several threads.
 */
public final class MetricWindow implements SeriesSource {
  /** In a ring: nothing was there, and that was said before. */
  private static final double ABSENT = Double.longBitsToDouble(0x7ff8000000000003L);

  private static final long ABSENT_BITS = 0x7ff8000000000003L;

  private final int maxSeries;
  private final int scrapes;
  private final long windowMillis;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private final Map<String, List<Series>> byName = new HashMap<>();
  private final Set<Target> targets = new HashSet<>();
  private int series;
  private long refused;

  /**
   * A window.
   *
   * @param window how far it reaches back
   * @param interval between two scrapes of a target
   * @param maxSeries of all targets; further ones are not taken
   */
  public MetricWindow(Duration window, Duration interval, int maxSeries) {
    if (interval.toMillis() < 1 || window.compareTo(interval.multipliedBy(2)) < 0) {
      throw new IllegalArgumentException(
          "the metrics window (" + window + ") must hold two scrapes (" + interval + ") at least");
    }
    this.windowMillis = window.toMillis();
    this.scrapes = (int) Math.min(100_000, window.toMillis() / interval.toMillis() + 2);
    this.maxSeries = maxSeries;
  }

  /** One source of scrapes. Used by one thread at a time. */
  public final class Target {
    private final long[] times = new long[scrapes];
    private final Map<String, Series> byText = new HashMap<>();
    private long count;
    private boolean gone;

    private Target() {}

    private long earliest() {
      return Math.max(0, count - scrapes);
    }
  }

  private final class Series {
    final Target target;
    final Labels labels;
    final double[] values = new double[scrapes];
    final long first;

    /** The number of the last scrape that had it, and of the last that was written here. */
    long seen;

    long written;

    Series(Target target, Labels labels, long first) {
      this.target = target;
      this.labels = labels;
      this.first = first;
      this.written = first - 1;
    }

    void put(long scrape, double value) {
      values[(int) (scrape % scrapes)] = value;
      written = scrape;
    }
  }

  /**
   * One sample of a scrape.
   *
   * @param text what identifies the series within its target
   */
  public record Sample(String text, double value) {}

  /** Gives the labels of a series that a target shows for the first time. */
  @FunctionalInterface
  public interface Naming {
    /** Of the text in {@link Sample#text}. */
    Labels labels(String text);
  }

  /** A new target, without samples yet. */
  public Target open() {
    Target target = new Target();
    lock.writeLock().lock();
    try {
      targets.add(target);
    } finally {
      lock.writeLock().unlock();
    }
    return target;
  }

  /**
   * Adds one scrape. Series that it lacks become stale. Of two samples of one series the first
   * counts.
   *
   * @return how many samples were refused since the window is full
   */
  public int append(Target target, long timeMillis, List<Sample> samples, Naming naming) {
    return append(target, timeMillis, samples, naming, false);
  }

  /**
   * Adds one scrape.
   *
   * @param fromZero the target answered the scrape before too: a counter that it shows for the
   *     first time was zero then, so that its first growth counts (as Prometheus does where it
   *     knows when a counter was created)
   * @return how many samples were refused since the window is full
   */
  public int append(
      Target target, long timeMillis, List<Sample> samples, Naming naming, boolean fromZero) {
    lock.writeLock().lock();
    try {
      if (target.count > 0) {
        long last = target.times[(int) ((target.count - 1) % scrapes)];
        if (timeMillis <= last) {
          return 0;
        }
      }
      long scrape = target.count++;
      target.times[(int) (scrape % scrapes)] = timeMillis;
      int full = 0;
      for (Sample sample : samples) {
        Series found = target.byText.get(sample.text());
        if (found == null) {
          if (series >= maxSeries) {
            full++;
            continue;
          }
          found = begin(target, sample.text(), naming, scrape, fromZero);
        }
        if (found.written < scrape) {
          found.put(scrape, sample.value());
          found.seen = scrape;
        }
      }
      markAbsent(target, scrape);
      refused += full;
      return full;
    } finally {
      lock.writeLock().unlock();
    }
  }

  private Series begin(Target target, String text, Naming naming, long scrape, boolean fromZero) {
    Labels labels = naming.labels(text);
    boolean zeroBefore = fromZero && scrape > 0 && isCounter(labels.name());
    Series begun = new Series(target, labels, zeroBefore ? scrape - 1 : scrape);
    if (zeroBefore) {
      begun.put(scrape - 1, 0);
    }
    target.byText.put(text, begun);
    byName.computeIfAbsent(begun.labels.name(), n -> new ArrayList<>(4)).add(begun);
    series++;
    return begun;
  }

  private static boolean isCounter(String name) {
    return name.endsWith("_total")
        || name.endsWith("_bucket")
        || name.endsWith("_count")
        || name.endsWith("_sum");
  }

  private void markAbsent(Target target, long scrape) {
    Iterator<Series> all = target.byText.values().iterator();
    while (all.hasNext()) {
      Series each = all.next();
      if (each.written == scrape) {
        continue;
      }
      if (scrape - each.seen >= scrapes) {
        all.remove();
        forget(each);
      } else {
        each.put(scrape, each.seen == scrape - 1 ? SeriesSlice.STALE : ABSENT);
      }
    }
  }

  private void forget(Series gone) {
    series--;
    String name = gone.labels.name();
    List<Series> sameName = byName.get(name);
    if (sameName != null) {
      sameName.remove(gone);
      if (sameName.isEmpty()) {
        byName.remove(name);
      }
    }
  }

  /** The target is scraped no more: its series are stale from now on, and leave with the window. */
  public void close(Target target, long timeMillis) {
    append(target, timeMillis, List.of(), text -> Labels.NONE);
    lock.writeLock().lock();
    try {
      target.gone = true;
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** Forgets the closed targets of which nothing is left in the window. */
  public void purge(long nowMillis) {
    lock.writeLock().lock();
    try {
      targets.removeIf(
          target -> {
            boolean over =
                target.gone
                    && (target.count == 0
                        || target.times[(int) ((target.count - 1) % scrapes)]
                            < nowMillis - windowMillis);
            if (over) {
              target.byText.values().forEach(this::forget);
              target.byText.clear();
            }
            return over;
          });
    } finally {
      lock.writeLock().unlock();
    }
  }

  @Override
  public List<SeriesSlice> select(List<LabelMatcher> matchers, long fromMillis, long toMillis) {
    lock.readLock().lock();
    try {
      List<SeriesSlice> slices = new ArrayList<>();
      String name = exactName(matchers);
      if (name != null) {
        select(byName.getOrDefault(name, List.of()), matchers, fromMillis, toMillis, slices);
      } else {
        for (List<Series> sameName : byName.values()) {
          select(sameName, matchers, fromMillis, toMillis, slices);
        }
      }
      return slices;
    } finally {
      lock.readLock().unlock();
    }
  }

  private static @Nullable String exactName(List<LabelMatcher> matchers) {
    for (LabelMatcher matcher : matchers) {
      if (matcher.label().equals(Labels.NAME) && matcher.kind() == LabelMatcher.Kind.EQUAL) {
        return matcher.value();
      }
    }
    return null;
  }

  private void select(
      List<Series> from,
      List<LabelMatcher> matchers,
      long fromMillis,
      long toMillis,
      List<SeriesSlice> into) {
    for (Series each : from) {
      boolean fits = true;
      for (LabelMatcher matcher : matchers) {
        if (!matcher.matches(each.labels)) {
          fits = false;
          break;
        }
      }
      if (fits) {
        SeriesSlice slice = slice(each, fromMillis, toMillis);
        if (slice.times().length > 0) {
          into.add(slice);
        }
      }
    }
  }

  private SeriesSlice slice(Series each, long fromMillis, long toMillis) {
    Target target = each.target;
    long begin = Math.max(each.first, target.earliest());
    int most = (int) Math.max(0, each.written - begin + 1);
    long[] times = new long[most];
    double[] values = new double[most];
    int n = 0;
    for (long scrape = begin; scrape <= each.written; scrape++) {
      int at = (int) (scrape % scrapes);
      long time = target.times[at];
      double value = each.values[at];
      if (time >= fromMillis
          && time <= toMillis
          && Double.doubleToRawLongBits(value) != ABSENT_BITS) {
        times[n] = time;
        values[n++] = value;
      }
    }
    return new SeriesSlice(each.labels, Arrays.copyOf(times, n), Arrays.copyOf(values, n));
  }

  /** How many series are held. */
  public int series() {
    lock.readLock().lock();
    try {
      return series;
    } finally {
      lock.readLock().unlock();
    }
  }

  /** How many samples were refused since the start because the window was full. */
  public long refused() {
    lock.readLock().lock();
    try {
      return refused;
    } finally {
      lock.readLock().unlock();
    }
  }
}
