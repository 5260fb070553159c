// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.metric;

import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/**
 * The identity of a series: label names and values, sorted by name; the metric's name is a label
 * too.
 */
public final class Labels implements Comparable<Labels> {
  /** The label that holds the metric's name. */
  public static final String NAME = "__name__";

  /** No labels at all, as of {@code sum(x)}. */
  public static final Labels NONE = new Labels(new String[0]);

  /** Name, value, name, value, ... */
  private final String[] pairs;

  private final int hash;

  private Labels(String[] pairs) {
    this.pairs = pairs;
    this.hash = Arrays.hashCode(pairs);
  }

  /** Of a map; an empty value means that the label is absent. */
  public static Labels of(Map<String, String> labels) {
    SortedMap<String, String> sorted =
        labels instanceof SortedMap<String, String> s ? s : new TreeMap<>(labels);
    String[] pairs = new String[2 * sorted.size()];
    int i = 0;
    for (Map.Entry<String, String> label : sorted.entrySet()) {
      if (!label.getValue().isEmpty()) {
        pairs[i++] = label.getKey();
        pairs[i++] = label.getValue();
      }
    }
    return i == 0 ? NONE : new Labels(i == pairs.length ? pairs : Arrays.copyOf(pairs, i));
  }

  /** The value, empty where there is none. */
  public String get(String name) {
    for (int i = 0; i < pairs.length; i += 2) {
      if (pairs[i].equals(name)) {
        return pairs[i + 1];
      }
    }
    return "";
  }

  /** The metric's name, empty where there is none. */
  public String name() {
    return get(NAME);
  }

  /** Only these. */
  public Labels keep(Set<String> names) {
    return filter(names::contains);
  }

  /** All but these. */
  public Labels drop(Set<String> names) {
    return filter(n -> !names.contains(n));
  }

  /** All but the metric's name. */
  public Labels withoutName() {
    return filter(n -> !n.equals(NAME));
  }

  /** With one label set; an empty value removes it. */
  public Labels with(String name, String value) {
    TreeMap<String, String> map = new TreeMap<>();
    forEach(map::put);
    map.put(name, value);
    return of(map);
  }

  private Labels filter(Predicate<String> wanted) {
    String[] kept = new String[pairs.length];
    int n = 0;
    for (int i = 0; i < pairs.length; i += 2) {
      if (wanted.test(pairs[i])) {
        kept[n++] = pairs[i];
        kept[n++] = pairs[i + 1];
      }
    }
    return n == pairs.length ? this : n == 0 ? NONE : new Labels(Arrays.copyOf(kept, n));
  }

  /** Each label, by name. */
  public void forEach(BiConsumer<String, String> label) {
    for (int i = 0; i < pairs.length; i += 2) {
      label.accept(pairs[i], pairs[i + 1]);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Labels l && hash == l.hash && Arrays.equals(pairs, l.pairs);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public int compareTo(Labels other) {
    return Arrays.compare(pairs, other.pairs);
  }

  /** As Prometheus writes it: {@code name{label="value",...}}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(name()).append('{');
    forEach(
        (name, value) -> {
          if (!name.equals(NAME)) {
            if (text.charAt(text.length() - 1) != '{') {
              text.append(", ");
            }
            text.append(name).append("=\"").append(value).append('"');
          }
        });
    return text.append('}').toString();
  }
}
