// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.telemetry.api.Span;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What every trace store must do. A store's test extends this and says how one is made. */
public abstract class TraceStoreContract {
  private static final long SECOND = 1_000_000_000L;
  protected static final long NOW = 1_700_000_000L * SECOND;

  /** An empty store with room for at least 1,000 spans. */
  protected abstract TraceStore store();

  /** A span of 10 ms. */
  protected static Span span(long trace, long id, long parent, String service, String operation) {
    return span(trace, id, parent, service, operation, NOW + id, 10_000_000, Map.of());
  }

  protected static Span span(
      long trace,
      long id,
      long parent,
      String service,
      String operation,
      long start,
      long duration,
      Map<String, Object> tags) {
    return new Span(
        0,
        trace,
        id,
        parent,
        operation,
        Span.Kind.SERVER,
        start,
        start + duration,
        tags,
        List.of(),
        List.of(),
        Span.Status.UNSET,
        "",
        "",
        Map.of("service.name", service),
        "");
  }

  private static TraceQuery query(
      String service,
      String operation,
      Map<String, String> tags,
      long from,
      long to,
      long min,
      long max,
      int limit) {
    return new TraceQuery(service, operation, tags, from, to, min, max, limit);
  }

  private static List<Long> ids(List<Trace> traces) {
    return traces.stream().map(t -> t.id().low()).toList();
  }

  @Test
  void joinsTheSpansOfATraceFromSeveralBatches() {
    TraceStore store = store();
    store.add(List.of(span(1, 1, 0, "a", "x"), span(2, 5, 0, "a", "x")));
    store.add(List.of(span(1, 2, 1, "b", "y")));

    assertThat(store.find(new TraceId(0, 1)).orElseThrow().spans())
        .extracting(Span::spanId)
        .containsExactly(1L, 2L);
    assertThat(store.find(new TraceId(0, 3))).isEmpty();
  }

  @Test
  void keepsASpanOnceThoughItIsSentTwice() {
    TraceStore store = store();
    store.add(List.of(span(1, 1, 0, "a", "x")));
    store.add(List.of(span(1, 1, 0, "a", "x")));

    assertThat(store.find(new TraceId(0, 1)).orElseThrow().spans()).hasSize(1);
  }

  @Test
  void namesServicesAndTheirOperations() {
    TraceStore store = store();
    store.add(List.of(span(1, 1, 0, "b", "x"), span(1, 2, 0, "a", "y"), span(2, 3, 0, "a", "x")));

    assertThat(store.services()).containsExactly("a", "b");
    assertThat(store.operations("a")).extracting(Operation::name).containsExactly("x", "y");
    assertThat(store.operations("c")).isEmpty();
  }

  @Test
  void findsByServiceOperationAndTagOnTheSameSpan() {
    TraceStore store = store();
    store.add(
        List.of(
            span(1, 1, 0, "a", "x", NOW, 1, Map.of("code", 200L, "host", "h1")),
            span(1, 2, 1, "b", "y", NOW, 1, Map.of("code", 500L)),
            span(2, 3, 0, "a", "x", NOW, 1, Map.of("code", 500L)),
            span(3, 4, 0, "a", "z", NOW, 1, Map.of())));

    assertThat(
            ids(store.search(query("a", null, Map.of(), 0, Long.MAX_VALUE, 0, Long.MAX_VALUE, 10))))
        .containsExactlyInAnyOrder(1L, 2L, 3L);
    assertThat(
            ids(store.search(query("a", "x", Map.of(), 0, Long.MAX_VALUE, 0, Long.MAX_VALUE, 10))))
        .containsExactlyInAnyOrder(1L, 2L);
    assertThat(
            ids(
                store.search(
                    query(
                        "a",
                        null,
                        Map.of("code", "500"),
                        0,
                        Long.MAX_VALUE,
                        0,
                        Long.MAX_VALUE,
                        10))))
        .containsExactly(2L);
    assertThat(
            ids(
                store.search(
                    query(
                        "a",
                        null,
                        Map.of("code", "200", "host", "h1"),
                        0,
                        Long.MAX_VALUE,
                        0,
                        Long.MAX_VALUE,
                        10))))
        .containsExactly(1L);
    assertThat(
            store.search(query("nobody", null, Map.of(), 0, Long.MAX_VALUE, 0, Long.MAX_VALUE, 10)))
        .isEmpty();
  }

  @Test
  void findsByTagsOfTheProcessOfLogsAndOfFields() {
    Span base = span(1, 1, 0, "a", "x");
    Span rich =
        new Span(
            0,
            1,
            1,
            0,
            "x",
            Span.Kind.CLIENT,
            base.startEpochNanos(),
            base.endEpochNanos(),
            Map.of(),
            List.of(new Span.Event(NOW, "retry", Map.of("attempt", 2L))),
            List.of(),
            Span.Status.ERROR,
            "",
            "",
            Map.of("service.name", "a", "pod", "p-1"),
            "");
    TraceStore store = store();
    store.add(List.of(rich));

    for (Map<String, String> tags :
        List.of(
            Map.of("error", "true"),
            Map.of("span.kind", "client"),
            Map.of("pod", "p-1"),
            Map.of("event", "retry", "attempt", "2"))) {
      assertThat(store.search(query("a", null, tags, 0, Long.MAX_VALUE, 0, Long.MAX_VALUE, 10)))
          .as(tags.toString())
          .hasSize(1);
    }
    assertThat(
            store.search(
                query("a", null, Map.of("pod", "p-2"), 0, Long.MAX_VALUE, 0, Long.MAX_VALUE, 10)))
        .isEmpty();
  }

  @Test
  void findsByAValueTooLongForAnyIndex() {
    String longValue = "v".repeat(5_000);
    TraceStore store = store();
    store.add(List.of(span(1, 1, 0, "a", "x", NOW, 1, Map.of("k", longValue))));

    assertThat(
            store.search(
                query("a", null, Map.of("k", longValue), 0, Long.MAX_VALUE, 0, Long.MAX_VALUE, 10)))
        .hasSize(1);
  }

  @Test
  void findsByTimeAndDuration() {
    TraceStore store = store();
    for (int i = 1; i <= 10; i++) {
      store.add(List.of(span(i, i, 0, "a", "x", NOW + i * SECOND, i * 1_000_000L, Map.of())));
    }

    assertThat(
            ids(
                store.search(
                    query(
                        "a",
                        null,
                        Map.of(),
                        NOW + 3 * SECOND,
                        NOW + 5 * SECOND,
                        0,
                        Long.MAX_VALUE,
                        10))))
        .containsExactly(5L, 4L, 3L);
    assertThat(
            ids(
                store.search(
                    query("a", null, Map.of(), 0, Long.MAX_VALUE, 2_000_000, 3_000_000, 10))))
        .containsExactly(3L, 2L);
  }

  @Test
  void givesTheLatestWhenMoreFitThanTheLimit() {
    TraceStore store = store();
    for (int i : new int[] {5, 1, 4, 2, 3}) {
      store.add(List.of(span(i, i, 0, "a", "x", NOW + i * SECOND, 1, Map.of())));
    }

    assertThat(
            ids(store.search(query("a", null, Map.of(), 0, Long.MAX_VALUE, 0, Long.MAX_VALUE, 2))))
        .containsExactly(5L, 4L);
    assertThat(ids(store.search(TraceQuery.latest(3)))).containsExactly(5L, 4L, 3L);
  }

  @Test
  void asksWhatMoreIsWantedOfWholeTraces() {
    TraceStore store = store();
    for (int i = 1; i <= 20; i++) {
      store.add(List.of(span(i, 1, 0, "a", "x", NOW + i * SECOND, 1, Map.of())));
      store.add(List.of(span(i, 2, 1, "b", "y", NOW + i * SECOND + i, 1, Map.of())));
    }

    List<Trace> found =
        store.search(
            query("a", null, Map.of(), 0, Long.MAX_VALUE, 0, Long.MAX_VALUE, 3),
            trace -> trace.spans().size() == 2 && trace.id().low() % 5 == 0);

    assertThat(ids(found)).containsExactly(20L, 15L, 10L);
    assertThat(found).allSatisfy(trace -> assertThat(trace.spans()).hasSize(2));
  }

  @Test
  void countsCallsBetweenServicesWhicheverSpanArrivesFirst() {
    TraceStore store = store();
    store.add(List.of(span(1, 1, 0, "front", "x"), span(1, 2, 1, "back", "y")));
    store.add(List.of(span(2, 4, 3, "back", "y")));
    store.add(List.of(span(2, 3, 0, "front", "x"), span(2, 5, 4, "back", "z")));
    Instant end = Instant.ofEpochSecond(NOW / SECOND).plusSeconds(60);

    assertThat(store.dependencies(end, Duration.ofHours(1)))
        .containsExactly(new Dependency("front", "back", 2));
    assertThat(store.dependencies(end.minus(Duration.ofDays(1)), Duration.ofHours(1))).isEmpty();
  }

  @Test
  void answersWhileItIsWrittenTo() throws Exception {
    TraceStore store = store();
    List<Thread> writers = new ArrayList<>();
    for (int w = 0; w < 4; w++) {
      int first = w * 50;
      writers.add(
          Thread.ofVirtual()
              .start(
                  () -> {
                    for (int i = 1; i <= 50; i++) {
                      store.add(
                          List.of(
                              span(first + i, 1, 0, "a", "x"), span(first + i, 2, 1, "b", "y")));
                    }
                  }));
    }
    while (writers.stream().anyMatch(Thread::isAlive)) {
      for (Trace trace : store.search(TraceQuery.latest(20))) {
        assertThat(trace.spans()).isNotEmpty();
      }
    }
    for (Thread writer : writers) {
      writer.join();
    }

    assertThat(store.search(TraceQuery.latest(1_000))).hasSize(200);
  }
}
