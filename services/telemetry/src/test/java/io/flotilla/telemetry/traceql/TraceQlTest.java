// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.traceql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.store.MemoryTraceStore;
import io.flotilla.telemetry.store.Trace;
import io.flotilla.telemetry.store.TraceId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TraceQlTest {
  private static final long MS = 1_000_000;

  private static Span span(
      long id,
      long parent,
      String name,
      Span.Kind kind,
      long millis,
      Span.Status status,
      String service,
      Map<String, Object> attributes) {
    return new Span(
        0,
        1,
        id,
        parent,
        name,
        kind,
        id * MS,
        (id + millis) * MS,
        attributes,
        id == 5 ? List.of(new Span.Event(6 * MS, "exception", Map.of("type", "io"))) : List.of(),
        id == 4 ? List.of(new Span.Link(0, 9, 8, Map.of("why", "batch"))) : List.of(),
        status,
        status == Span.Status.ERROR ? "broken" : "",
        "",
        Map.of("service.name", service, "zone", "eu"),
        id == 2 ? "http-lib" : "");
  }

  /**
   * The trace that every case looks at: 1 front GET / (server, 100 ms); under it 2 front "call
   * cart" (client) and 3 front "call user" (client, error); 4 cart "get" under 2 (server); 5 db
   * "SELECT" under 4 (client, error); 6 db "SELECT" under 4; 7 lost, whose parent is not there.
   */
  private static final Trace TRACE =
      new Trace(
          new TraceId(0, 1),
          List.of(
              span(
                  1,
                  0,
                  "GET /",
                  Span.Kind.SERVER,
                  100,
                  Span.Status.UNSET,
                  "front",
                  Map.of("http.status_code", 200L, "user", "ann")),
              span(
                  2,
                  1,
                  "call cart",
                  Span.Kind.CLIENT,
                  50,
                  Span.Status.OK,
                  "front",
                  Map.of("cached", true)),
              span(3, 1, "call user", Span.Kind.CLIENT, 20, Span.Status.ERROR, "front", Map.of()),
              span(
                  4,
                  2,
                  "get",
                  Span.Kind.SERVER,
                  40,
                  Span.Status.UNSET,
                  "cart",
                  Map.of("http.status_code", 500L, "ratio", 0.5)),
              span(
                  5,
                  4,
                  "SELECT",
                  Span.Kind.CLIENT,
                  10,
                  Span.Status.ERROR,
                  "db",
                  Map.of("rows", 3L, "table", "carts")),
              span(
                  6,
                  4,
                  "SELECT",
                  Span.Kind.CLIENT,
                  5,
                  Span.Status.UNSET,
                  "db",
                  Map.of("rows", 9L, "table", "items")),
              span(7, 99, "lost", Span.Kind.INTERNAL, 1, Span.Status.UNSET, "other", Map.of())));

  private static List<Long> ids(String query) throws Exception {
    List<Long> ids = new ArrayList<>();
    for (Spanset set : TraceQl.parse(query).select(TRACE)) {
      set.spans().forEach(span -> ids.add(span.spanId()));
    }
    return ids;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      quoteCharacter = '\u0001',
      value = {
        "{}                                             # 1 2 3 4 5 6 7",
        "{ false }                                      # ",
        "{ name = \"SELECT\" }                          # 5 6",
        "{ .http.status_code = 500 }                    # 4",
        "{ .http.status_code >= 200 && .user = \"ann\" }# 1",
        "{ span.zone = \"eu\" }                         # ",
        "{ resource.zone = \"eu\" && .rows > 3 }        # 6",
        "{ .zone = \"eu\" && kind = server }            # 1 4",
        "{ resource.service.name =~ \"fr.*\" }          # 1 2 3",
        "{ resource.service.name =~ \"fr\" }            # ",
        "{ name !~ \"call.*|SELECT\" }                  # 1 4 7",
        "{ status = error }                             # 3 5",
        "{ status != error && kind = client }           # 2 6",
        "{ statusMessage = \"broken\" }                 # 3 5",
        "{ duration > 40ms }                            # 1 2",
        "{ duration >= 40ms && duration < 0.1s }        # 2 4",
        "{ .cached }                                    # 2",
        "{ !.cached }                                   # ",
        "{ .ratio * 2 = 1 }                             # 4",
        "{ .rows % 2 = 1 && .rows ^ 2 > 9 }             # 6",
        "{ .rows - 1 = 2 || .rows + 1 = 10 }            # 5 6",
        "{ .user = nil }                                # 2 3 4 5 6 7",
        "{ .user != nil }                               # 1",
        "{ .user != \"bob\" }                           # 1",
        "{ parent.http.status_code = 500 }              # 5 6",
        "{ parent.resource.service.name = \"front\" }   # 2 3 4",
        "{ parent = nil }                               # 1",
        "{ childCount = 2 }                             # 1 4",
        "{ event:name = \"exception\" }                 # 5",
        "{ event.type = \"io\" && event:timeSinceStart = 1ms } # 5",
        "{ link.why = \"batch\" }                       # 4",
        "{ link:spanID = \"0000000000000008\" }         # 4",
        "{ instrumentation:name = \"http-lib\" }        # 2",
        "{ rootName = \"GET /\" && name = \"get\" }     # 4",
        "{ rootServiceName = \"front\" && name=\"lost\" }# 7",
        "{ traceDuration = 100ms && name = \"get\" }    # 4",
        "{ span:id = \"0000000000000006\" }             # 6",
        "{ span:parentID = \"0000000000000004\" }       # 5 6",
        "{ nestedSetParent = -1 }                       # 1",
        "{ nestedSetLeft = 0 }                          # 7",
        "{ .\"http.status_code\" = 200 }                # 1",
        "{ true || false && false }                     # ",
        "{ kind = server } > { kind = client }          # 2 3 5 6",
        "{ name = \"GET /\" } >> { name = \"SELECT\" }  # 5 6",
        "{ name = \"SELECT\" } << { kind = server }     # 1 4",
        "{ name = \"get\" } < { }                       # 2",
        "{ .table = \"carts\" } ~ { }                   # 6",
        "{ name = \"SELECT\" } ~ { }                    # 5 6",
        "{ kind = server } !> { kind = client }         # ",
        "{ name = \"GET /\" } !> { kind = client }      # 5 6",
        "{ name = \"GET /\" } !>> { }                   # 1 7",
        "{ name = \"SELECT\" } !<< { }                  # 3 5 6 7",
        "{ .table = \"carts\" } !~ { name = \"SELECT\" }# 5",
        "{ kind = server } &> { status = error }        # 1 3 4 5",
        "{ kind = server } &>> { .table = \"carts\" }   # 1 4 5",
        "{ .table = \"carts\" } &<< { kind = server }   # 1 4 5",
        "{ .table = \"carts\" } &~ { name = \"SELECT\" }# 5 6",
        "{ .user = \"ann\" } && { .rows = 3 }           # 1 5",
        "{ .user = \"ann\" } && { .rows = 4 }           # ",
        "{ .user = \"ann\" } || { .rows = 4 }           # 1",
        "({ kind = client } | count() > 3) >> { .rows > 3 } # 6",
        "{ kind = client } | count() = 4                # 2 3 5 6",
        "{ kind = client } | count() > 4                # ",
        "{ .rows > 0 } | avg(.rows) = 6                 # 5 6",
        "{ .rows > 0 } | sum(.rows) + 1 = 13            # 5 6",
        "{ kind = client } | max(duration) > 2 * 20ms   # 2 3 5 6",
        "{ kind = client } | min(duration) < max(duration) # 2 3 5 6",
        "{ } | by(resource.service.name) | count() = 2  # 5 6",
        "{ } | by(kind) | count() > 1 | coalesce()      # 1 2 3 4 5 6",
        "{ kind = client } | { status = error }         # 3 5",
        "{ status = error } | select(.table, name)      # 3 5",
        "{ name = `SELECT` } with (most_recent=true)    # 5 6"
      })
  void selects(String query, String expected) throws Exception {
    List<Long> wanted = new ArrayList<>();
    if (expected != null) {
      for (String id : expected.strip().split(" +")) {
        wanted.add(Long.parseLong(id));
      }
    }

    assertThat(ids(query)).isEqualTo(wanted);

    // And what a store is told to look for never hides what the query selects.
    MemoryTraceStore store = new MemoryTraceStore(100, 1 << 20, 100);
    store.add(TRACE.spans());
    assertThat(store.search(TraceQl.parse(query).candidates(0, Long.MAX_VALUE, 1)))
        .hasSizeGreaterThanOrEqualTo(wanted.isEmpty() ? 0 : 1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "true",
        "{ . }",
        "{ .a < }",
        "{ .a = 3",
        "{ a = 3 }",
        "{ .a == 3 }",
        "{ span. }",
        "{ 1 = \"x\" }",
        "{ name > ok }",
        "{ status }",
        "{ duration }",
        "{ .a =~ \"[\" }",
        "{ .a =~ \"((((a{1000}){1000}){100}))\" }",
        "{ .a =~ 3 }",
        "{ \"open }",
        "{ !name = \"x\" }",
        "{ -status = ok }",
        "{ trace:status = error }",
        "{ } + { }",
        "{ } | count()",
        "{ } | max(name) > 1",
        "{ } | by(1)",
        "coalesce() | { }",
        "select()",
        "{ } | rate() | { }",
        "{ } | topk(3)",
        "{ } | quantile_over_time(duration, 2)",
        "{ } | sum_over_time(name)",
        "{ .a = 99999999999999999999 }",
        "((((({ } )))"
      })
  void refusesInOneSentence(String query) {
    assertThatThrownBy(() -> TraceQl.parse(query))
        .isInstanceOf(TraceQlException.class)
        .hasMessageContaining("line 1, col");
  }

  @Test
  void refusesWhatIsTooLongOrTooDeepWithoutBreaking() {
    assertThatThrownBy(() -> TraceQl.parse("{ " + "(".repeat(10_000) + " }"))
        .isInstanceOf(TraceQlException.class);
    assertThatThrownBy(() -> TraceQl.parse("(".repeat(10_000)))
        .isInstanceOf(TraceQlException.class);
    assertThatThrownBy(() -> TraceQl.parse("{ .a = \"" + "x".repeat(20_000) + "\" }"))
        .isInstanceOf(TraceQlException.class);
    assertThatThrownBy(() -> TraceQl.parse("{ " + "!".repeat(10_000) + ".a }"))
        .isInstanceOf(TraceQlException.class);
  }

  @Test
  void walksAChainOfTenThousandSpans() throws Exception {
    List<Span> spans = new ArrayList<>();
    for (int i = 1; i <= 10_000; i++) {
      spans.add(span(i, i - 1, "s" + i, Span.Kind.INTERNAL, 1, Span.Status.UNSET, "a", Map.of()));
    }
    Trace chain = new Trace(new TraceId(0, 1), spans);

    assertThat(
            TraceQl.parse("{ name = \"s1\" } >> { nestedSetRight > 0 && name = \"s10000\" }")
                .select(chain))
        .hasSize(1);
  }

  @Test
  void computesSeriesOverTime() throws Exception {
    TraceQlSeries rate = series("{ } | rate() by (kind)");
    assertThat(rate.series())
        .filteredOn(s -> s.labels().get("kind").text().equals("client"))
        .singleElement()
        .satisfies(s -> assertThat(s.values()).containsExactly(1_000, 500, 500));
    assertThat(series("{ kind = client } | count_over_time()").series())
        .singleElement()
        .satisfies(s -> assertThat(s.values()).containsExactly(2, 1, 1));
    assertThat(series("{ } | max_over_time(duration)").series().getFirst().values())
        .containsExactly(0.05, 0.04, 0.005);
    assertThat(series("{ } | sum_over_time(.rows)").series().getFirst().values()[2]).isEqualTo(9);
    assertThat(series("{ } | quantile_over_time(duration, 1)").series().getFirst().values()[0])
        .isBetween(0.05, 0.1);
    assertThat(series("{ } | rate() by (name) | topk(1)").series().size()).isLessThan(6);
    assertThat(series("{ } | count_over_time() by (name) > 1").series()).isEmpty();
    assertThatThrownBy(() -> series("{ }")).isInstanceOf(TraceQlException.class);
    assertThatThrownBy(() -> series("{ } | compare({ status = error })"))
        .hasMessageContaining("compare");
  }

  /** Three steps of 2 ms from 2 ms on. */
  private static TraceQlSeries series(String query) throws Exception {
    TraceQlSeries series = new TraceQlSeries(TraceQl.parse(query), 2 * MS, 8 * MS, 2 * MS);
    series.add(TRACE);
    return series;
  }
}
