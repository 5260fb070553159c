// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.telemetry.api.Span;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SpanProcessorsTest {
  private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();

  private static Span span(String name, Map<String, Object> attributes) {
    return new Span(
        0,
        1,
        1,
        0,
        name,
        Span.Kind.SERVER,
        1,
        5_000_000,
        attributes,
        List.of(new Span.Event(2, "login 4111111111111111", Map.of("password", "x"))),
        List.of(),
        Span.Status.UNSET,
        "",
        "",
        Map.of("service.name", "shop", "host", "h1"),
        "");
  }

  private SpanProcessors processors(
      List<String> drop, Set<String> deletes, Map<String, String> set, List<String> redact) {
    return new SpanProcessors(drop, deletes, set, redact, metrics);
  }

  @Test
  void leavesSpansAsTheyAreWhereNothingIsConfigured() {
    List<Span> spans = List.of(span("x", Map.of("a", 1L)));

    assertThat(processors(List.of(), Set.of(), Map.of(), List.of()).process(spans)).isSameAs(spans);
  }

  @Test
  void dropsTheSpansThatAFilterSelectsAndCountsThem() {
    SpanProcessors processors =
        processors(
            List.of("{ name = \"GET /healthz\" }", "{ duration < 10ms && .kind = \"probe\" }"),
            Set.of(),
            Map.of(),
            List.of());

    assertThat(
            processors.process(
                List.of(
                    span("GET /healthz", Map.of()),
                    span("GET /cart", Map.of()),
                    span("GET /x", Map.of("kind", "probe")))))
        .extracting(Span::name)
        .containsExactly("GET /cart");
    assertThat(metrics.counter("flotilla_telemetry_spans_filtered").count()).isEqualTo(2);
  }

  @Test
  void deletesAttributesWhereverTheyAreAndSetsThoseOfTheResource() {
    Span kept =
        processors(List.of(), Set.of("password", "host"), Map.of("cluster", "eu-1"), List.of())
            .process(List.of(span("x", Map.of("password", "y", "user", "ann"))))
            .getFirst();

    assertThat(kept.attributes()).containsOnlyKeys("user");
    assertThat(kept.events().getFirst().attributes()).isEmpty();
    assertThat(kept.resource())
        .containsOnly(Map.entry("service.name", "shop"), Map.entry("cluster", "eu-1"));
  }

  @Test
  void masksWhatAPatternFindsInEveryText() {
    Span kept =
        processors(List.of(), Set.of(), Map.of(), List.of("\\b4\\d{15}\\b", "[\\w.]+@[\\w.]+"))
            .process(
                List.of(
                    span(
                        "pay 4111111111111111",
                        Map.of("mail", "to ann@example.com", "list", List.of("b@c.de", 7L)))))
            .getFirst();

    assertThat(kept.name()).isEqualTo("pay ****");
    assertThat(kept.attributes())
        .containsEntry("mail", "to ****")
        .containsEntry("list", List.of("****", 7L));
    assertThat(kept.events().getFirst().name()).isEqualTo("login ****");
    assertThat(metrics.counter("flotilla_telemetry_values_redacted").count()).isEqualTo(4);
  }

  @Test
  void refusesAFilterOrPatternThatIsNone() {
    assertThatThrownBy(() -> processors(List.of("{ name > }"), Set.of(), Map.of(), List.of()))
        .hasMessageContaining("flotilla.telemetry.process.drop");
    assertThatThrownBy(() -> processors(List.of(), Set.of(), Map.of(), List.of("[")))
        .hasMessageContaining("flotilla.telemetry.process.redact");
  }
}
