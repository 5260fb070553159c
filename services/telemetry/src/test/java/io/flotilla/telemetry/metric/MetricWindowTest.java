// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.metric;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MetricWindowTest {
  private final MetricWindow window =
      new MetricWindow(Duration.ofSeconds(10), Duration.ofSeconds(1), 5);

  private static final MetricWindow.Naming NAMING =
      text -> Labels.of(Map.of(Labels.NAME, text, "job", "j"));

  private static List<LabelMatcher> name(String name) {
    return List.of(new LabelMatcher(Labels.NAME, LabelMatcher.Kind.EQUAL, name));
  }

  private static MetricWindow.Sample sample(String name, double value) {
    return new MetricWindow.Sample(name, value);
  }

  private SeriesSlice only(String name) {
    List<SeriesSlice> slices = window.select(name(name), 0, Long.MAX_VALUE);
    assertThat(slices).hasSize(1);
    return slices.getFirst();
  }

  @Test
  void keepsTheSamplesOfTheWindowAndForgetsOlderOnes() {
    MetricWindow.Target target = window.open();
    for (int i = 1; i <= 30; i++) {
      window.append(target, i * 1_000, List.of(sample("a", i)), NAMING);
    }

    SeriesSlice slice = only("a");

    assertThat(slice.times()).hasSize(12).startsWith(19_000).endsWith(30_000);
    assertThat(slice.values()).startsWith(19).endsWith(30);
    assertThat(window.select(name("a"), 25_000, 27_000).getFirst().values())
        .containsExactly(25, 26, 27);
  }

  @Test
  void marksASeriesStaleWhenAScrapeLacksIt() {
    MetricWindow.Target target = window.open();
    window.append(target, 1_000, List.of(sample("a", 1), sample("b", 1)), NAMING);
    window.append(target, 2_000, List.of(sample("b", 2)), NAMING);
    window.append(target, 3_000, List.of(sample("b", 3)), NAMING);
    window.append(target, 4_000, List.of(sample("a", 9)), NAMING);

    SeriesSlice slice = only("a");

    assertThat(slice.times()).containsExactly(1_000, 2_000, 4_000);
    assertThat(SeriesSlice.isStale(slice.values()[1])).isTrue();
    assertThat(slice.values()[2]).isEqualTo(9);
  }

  @Test
  void aCounterThatAppearsBetweenTwoScrapesWasZeroBefore() {
    MetricWindow.Target target = window.open();
    window.append(target, 1_000, List.of(sample("up", 1)), NAMING, false);
    window.append(target, 2_000, List.of(sample("a_total", 7), sample("a_gauge", 7)), NAMING, true);
    window.append(target, 3_000, List.of(sample("b_total", 7)), NAMING, false);

    assertThat(only("a_total").values()).startsWith(0, 7);
    assertThat(only("a_total").times()).startsWith(1_000, 2_000);
    assertThat(only("a_gauge").values()).startsWith(7);
    assertThat(only("b_total").values()).containsExactly(7);
  }

  @Test
  void forgetsASeriesThatLeftTheWindow() {
    MetricWindow.Target target = window.open();
    window.append(target, 1_000, List.of(sample("a", 1)), NAMING);
    for (int i = 2; i <= 20; i++) {
      window.append(target, i * 1_000, List.of(), NAMING);
    }

    assertThat(window.series()).isZero();
    assertThat(window.select(name("a"), 0, Long.MAX_VALUE)).isEmpty();
  }

  @Test
  void refusesSeriesAboveTheBoundAndCountsThem() {
    MetricWindow.Target target = window.open();
    List<MetricWindow.Sample> many =
        List.of(
            sample("a", 1),
            sample("b", 1),
            sample("c", 1),
            sample("d", 1),
            sample("e", 1),
            sample("f", 1),
            sample("g", 1));

    int refused = window.append(target, 1_000, many, NAMING);

    assertThat(refused).isEqualTo(2);
    assertThat(window.series()).isEqualTo(5);
    assertThat(window.refused()).isEqualTo(2);
  }

  @Test
  void aClosedTargetIsStaleAtOnceAndLeavesWithTheWindow() {
    MetricWindow.Target target = window.open();
    window.append(target, 1_000, List.of(sample("a", 1)), NAMING);
    window.close(target, 2_000);

    assertThat(SeriesSlice.isStale(only("a").values()[1])).isTrue();

    window.purge(20_000);
    assertThat(window.series()).isZero();
  }

  @Test
  void theMarkOfStalenessIsNoOtherNaN() {
    assertThat(SeriesSlice.isStale(Double.NaN)).isFalse();
    assertThat(SeriesSlice.isStale(0.0 / 0.0)).isFalse();
    assertThat(SeriesSlice.isStale(SeriesSlice.STALE)).isTrue();
  }
}
