// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.telemetry.store.TraceId;
import io.flotilla.telemetry.tenant.Tenant;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LogStoreTest {
  private static LogEntry entry(long trace, long time, String body) {
    return new LogEntry(new TraceId(0, trace), 1, time, 9, "INFO", body, Map.of(), Map.of());
  }

  @Test
  void givesATracesRecordsInTheOrderOfTheirTime() {
    LogStore store = new LogStore(1 << 20, Duration.ofHours(1));
    store.add(Tenant.SINGLE, List.of(entry(1, 20, "b"), entry(2, 5, "x"), entry(1, 10, "a")));

    assertThat(store.of(Tenant.SINGLE, new TraceId(0, 1)))
        .extracting(LogEntry::body)
        .containsExactly("a", "b");
    assertThat(store.of(new Tenant("other"), new TraceId(0, 1))).isEmpty();
  }

  @Test
  void letsTheTracesThatLoggedFirstGoAboveItsBounds() {
    LogStore store = new LogStore(100_000, Duration.ofHours(1));
    for (int trace = 1; trace <= 1_000; trace++) {
      store.add(Tenant.SINGLE, List.of(entry(trace, 1, "x".repeat(100))));
    }

    assertThat(store.of(Tenant.SINGLE, new TraceId(0, 1))).isEmpty();
    assertThat(store.of(Tenant.SINGLE, new TraceId(0, 1_000))).hasSize(1);
  }

  @Test
  void letsRecordsGoWithAge() {
    LogStore store = new LogStore(1 << 20, Duration.ofHours(1));
    long now = System.nanoTime();
    store.add(Tenant.SINGLE, List.of(entry(1, 1, "x")), now - Duration.ofHours(2).toNanos());

    assertThat(store.of(Tenant.SINGLE, new TraceId(0, 1))).isEmpty();
  }

  @Test
  void doesNotLetOneTraceTakeEverything() {
    LogStore store = new LogStore(10_000, Duration.ofHours(1));

    assertThat(store.add(Tenant.SINGLE, List.of(entry(1, 1, "x".repeat(6_000))))).isEqualTo(1);
  }
}
