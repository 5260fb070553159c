// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MemoryTraceStoreTest extends TraceStoreContract {
  @Override
  protected TraceStore store() {
    return new MemoryTraceStore(10_000, 64 << 20, 1_000);
  }

  @Test
  void evictsWholeTracesOldestFirst() {
    TraceStore store = new MemoryTraceStore(4, 1 << 20, 10);
    store.add(List.of(span(1, 1, 0, "one", "x"), span(1, 2, 0, "one", "x")));
    store.add(List.of(span(2, 3, 0, "two", "x"), span(2, 4, 0, "two", "x")));
    store.add(List.of(span(3, 5, 0, "three", "x")));

    assertThat(store.find(new TraceId(0, 1))).isEmpty();
    assertThat(store.find(new TraceId(0, 2)).orElseThrow().spans()).hasSize(2);
    assertThat(store.services()).containsExactly("three", "two");
    assertThat(store.usage().evictedTraces()).isEqualTo(1);
  }

  @Test
  void staysWithinItsBytesHoweverManyTagsCome() {
    TraceStore store = new MemoryTraceStore(1_000_000, 1 << 20, 1_000);
    for (int i = 1; i <= 5_000; i++) {
      store.add(
          List.of(span(i, i, 0, "a", "x", NOW + i, 1, Map.of("request", "id-" + i, "code", 200L))));
    }

    assertThat(store.usage().bytes()).isLessThanOrEqualTo(1 << 20);
    assertThat(store.usage().traces()).isGreaterThan(100);
    assertThat(
            store.search(
                new TraceQuery(
                    "a",
                    null,
                    Map.of("request", "id-5000"),
                    0,
                    Long.MAX_VALUE,
                    0,
                    Long.MAX_VALUE,
                    5)))
        .hasSize(1);
    assertThat(
            store.search(
                new TraceQuery(
                    "a", null, Map.of("request", "id-1"), 0, Long.MAX_VALUE, 0, Long.MAX_VALUE, 5)))
        .isEmpty();
  }

  @Test
  void givesBackEverythingThatATraceCost() {
    MemoryTraceStore store = new MemoryTraceStore(1, 1 << 20, 1_000);
    store.add(List.of(span(1, 1, 0, "a", "x", NOW, 1, Map.of("k", "v"))));
    long one = store.usage().bytes();
    for (int i = 2; i <= 100; i++) {
      store.add(List.of(span(i % 7 + 1_000 + i, 1, 0, "a", "x", NOW, 1, Map.of("k", "v"))));
    }

    assertThat(store.usage().spans()).isEqualTo(1);
    assertThat(store.usage().bytes()).isBetween(one - 64, one + 64);
  }

  @Test
  void refusesSpansOfATraceWithoutEnd() {
    TraceStore store = new MemoryTraceStore(10_000, 64 << 20, 3);
    int refused = 0;
    for (int i = 1; i <= 5; i++) {
      refused += store.add(List.of(span(1, i, 0, "a", "x")));
    }

    assertThat(refused).isEqualTo(2);
    assertThat(store.find(new TraceId(0, 1)).orElseThrow().spans()).hasSize(3);
  }

  @Test
  void refusesASpanLargerThanHalfTheStore() {
    TraceStore store = new MemoryTraceStore(10, 10_000, 3);

    int refused =
        store.add(List.of(span(1, 1, 0, "a", "x", NOW, 1, Map.of("k", "v".repeat(9_000)))));

    assertThat(refused).isEqualTo(1);
    assertThat(store.search(TraceQuery.latest(5))).isEmpty();
    assertThat(store.usage().bytes()).isZero();
  }
}
