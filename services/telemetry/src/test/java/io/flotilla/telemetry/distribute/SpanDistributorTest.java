// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.distribute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.telemetry.api.otlp.Decoded;
import io.flotilla.telemetry.tenant.SpanRate;
import io.flotilla.telemetry.tenant.Tenant;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class SpanDistributorTest {
  private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
  private final List<CompletableFuture<Void>> puts = new ArrayList<>();

  private SpanDistributor distributor(SpanQueue queue, long perSecond) {
    return new SpanDistributor(
        queue,
        spans -> spans,
        tenant -> !tenant.name().equals("one-too-many"),
        new SpanRate(perSecond),
        metrics,
        Duration.ofMillis(20),
        100);
  }

  private CompletableFuture<Void> neverDone(SpanBatch batch) {
    CompletableFuture<Void> put = new CompletableFuture<>();
    puts.add(put);
    return put;
  }

  private static Decoded spans(int n) {
    return new Decoded(Collections.nCopies(n, SpanFixture.span(1, 1)), 0, 0, "");
  }

  private double refused(String reason) {
    return metrics
        .counter("flotilla_telemetry_spans_refused", "receiver", "r", "reason", reason)
        .count();
  }

  @Test
  void tellsSendersToComeBackWhileTooManySpansWait() throws Exception {
    SpanDistributor distributor = distributor(this::neverDone, 0);
    assertThatThrownBy(() -> distributor.distribute("r", Tenant.SINGLE, spans(80)))
        .isInstanceOfSatisfying(
            RefusedException.class, e -> assertThat(e.tooMuch()).as("too slow a store").isFalse());

    assertThatThrownBy(() -> distributor.distribute("r", Tenant.SINGLE, spans(21)))
        .isInstanceOfSatisfying(
            RefusedException.class, e -> assertThat(e.tooMuch()).as("too fast").isTrue());

    assertThat(refused("overload")).isEqualTo(21);
    assertThat(puts).as("what is refused never reaches the queue").hasSize(1);
    puts.getFirst().complete(null);
    assertThatThrownBy(() -> distributor.distribute("r", Tenant.SINGLE, spans(90)))
        .isInstanceOfSatisfying(
            RefusedException.class, e -> assertThat(e.tooMuch()).as("taken again").isFalse());
    assertThat(puts).hasSize(2);
  }

  @Test
  void takesABatchLargerThanTheBoundAlone() throws Exception {
    SpanDistributor distributor = distributor(batch -> CompletableFuture.completedFuture(null), 0);

    distributor.distribute("r", Tenant.SINGLE, spans(1_000));

    assertThat(metrics.counter("flotilla_telemetry_spans_received", "receiver", "r").count())
        .isEqualTo(1_000);
  }

  @Test
  void holdsEachTenantToItsRate() throws Exception {
    SpanDistributor distributor = distributor(batch -> CompletableFuture.completedFuture(null), 10);
    distributor.distribute("r", new Tenant("a"), spans(20));

    assertThatThrownBy(() -> distributor.distribute("r", new Tenant("a"), spans(5)))
        .isInstanceOfSatisfying(RefusedException.class, e -> assertThat(e.tooMuch()).isTrue());

    distributor.distribute("r", new Tenant("b"), spans(5));
    assertThat(refused("rate")).isEqualTo(5);
  }

  @Test
  void refusesOneTenantTooMany() {
    SpanDistributor distributor = distributor(batch -> CompletableFuture.completedFuture(null), 0);

    assertThatThrownBy(() -> distributor.distribute("r", new Tenant("one-too-many"), spans(1)))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("flotilla.telemetry.tenants.max");
  }
}
