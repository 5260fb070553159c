// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.promql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.flotilla.telemetry.metric.Labels;
import io.flotilla.telemetry.metric.MetricWindow;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Values worked out by hand; that a real Prometheus gives the same is PrometheusParityIT's. */
class QueryEngineTest {
  private static final long START = 1_700_000_000_000L;
  private static final long NOW = START + 60_000;

  private final MetricWindow window =
      new MetricWindow(Duration.ofMinutes(10), Duration.ofSeconds(5), 1_000);
  private final QueryEngine engine = new QueryEngine(window);

  /** "name a=b c=d" */
  private static Labels labels(String text) {
    Map<String, String> labels = new HashMap<>();
    for (String part : text.split(" ")) {
      int equals = part.indexOf('=');
      labels.put(equals < 0 ? Labels.NAME : part.substring(0, equals), part.substring(equals + 1));
    }
    return Labels.of(labels);
  }

  @BeforeEach
  void scrapeForAMinute() {
    MetricWindow.Target target = window.open();
    for (int i = 0; i <= 12; i++) {
      List<MetricWindow.Sample> samples = new ArrayList<>();
      samples.add(new MetricWindow.Sample("requests app=a code=200", 1_000 + 50.0 * i));
      samples.add(new MetricWindow.Sample("requests app=a code=500", 100 + 5.0 * i));
      samples.add(new MetricWindow.Sample("requests app=b code=200", 1_000 + 10.0 * i));
      samples.add(new MetricWindow.Sample("restarted", i < 6 ? 100 + 10.0 * i : 10.0 * (i - 6)));
      samples.add(new MetricWindow.Sample("limit app=a", 4));
      if (i < 6) {
        samples.add(new MetricWindow.Sample("gone", 1));
      }
      samples.add(new MetricWindow.Sample("lat_bucket le=0.1", 2.0 * i));
      samples.add(new MetricWindow.Sample("lat_bucket le=0.5", 8.0 * i));
      samples.add(new MetricWindow.Sample("lat_bucket le=1", 10.0 * i));
      samples.add(new MetricWindow.Sample("lat_bucket le=+Inf", 10.0 * i));
      window.append(target, START + i * 5_000L, samples, QueryEngineTest::labels);
    }
  }

  private Map<String, Double> vector(String query) throws Exception {
    Map<String, Double> result = new HashMap<>();
    for (Value.Sample sample : ((Value.Vector) engine.instant(query, NOW)).samples()) {
      result.put(sample.labels().toString(), sample.value());
    }
    return result;
  }

  private double one(String query) throws Exception {
    return switch (engine.instant(query, NOW)) {
      case Value.Scalar(double value) -> value;
      case Value.Vector(List<Value.Sample> samples) -> {
        assertThat(samples).as(query).hasSize(1);
        yield samples.getFirst().value();
      }
      case Value.Text t -> throw new AssertionError(t);
    };
  }

  @Test
  void selectsTheLatestSamplesByEveryKindOfMatcher() throws Exception {
    assertThat(vector("requests{app=\"a\",code!=\"500\"}"))
        .containsExactly(Map.entry("requests{app=\"a\", code=\"200\"}", 1_600.0));
    assertThat(vector("{__name__=~\"req.*\",code=~\"5..|404\"}")).hasSize(1);
    assertThat(vector("requests{code!~\"2..\"}")).hasSize(1);
    assertThat(vector("requests{missing=\"\"}")).hasSize(3);
    assertThat(vector("requests offset 30s")).containsValue(1_300.0);
    assertThat(vector("gone")).isEmpty();
    assertThat(vector("gone offset 35s")).hasSize(1);
  }

  @Test
  void ratesCountersThroughAReset() throws Exception {
    assertThat(vector("sum by (app) (rate(requests[1m]))"))
        .containsOnlyKeys("{app=\"a\"}", "{app=\"b\"}")
        .hasEntrySatisfying("{app=\"a\"}", v -> assertThat(v).isCloseTo(11, within(1e-9)))
        .hasEntrySatisfying("{app=\"b\"}", v -> assertThat(v).isCloseTo(2, within(1e-9)));
    assertThat(one("increase(restarted[1m])")).isCloseTo(150 - 100 + 60, within(1e-9));
    assertThat(one("irate(requests{app=\"b\"}[1m])")).isCloseTo(2, within(1e-9));
    assertThat(vector("rate(requests[4s])")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1 + 2 * 3 | 7",
        "(1 + 2) * 3 | 9",
        "-2 ^ 2 | -4",
        "2 ^ 3 ^ 2 | 512",
        "7 % 4 - 1 | 2",
        "1e3 / 0x10 | 62.5",
        "3 > bool 2 | 1",
        "sum(requests) | 2880",
        "sum(requests{code=\"500\"}) / sum(requests) * 100 | 5.5555555555",
        "count(requests) | 3",
        "avg(requests) | 960",
        "max(requests) - min(requests) | 1440",
        "sum(requests > 1000) | 2720",
        "sum(requests > bool 1000) | 2",
        "sum(requests and on(app) limit) | 1760",
        "sum(requests unless on(app) limit) | 1120",
        "sum(limit or requests) | 2884",
        "sum(sum by (app) (requests) / on(app) limit) | 440",
        "histogram_quantile(0.5, lat_bucket) | 0.3",
        "histogram_quantile(0.5, rate(lat_bucket[1m])) | 0.3",
        "histogram_quantile(0.9, sum(rate(lat_bucket[30s])) by (le)) | 0.75",
        "scalar(limit) | 4",
        "vector(3) | 3",
        "sum(topk(1, requests)) | 1600",
        "sum(bottomk(2, requests)) | 1280",
        "sum_over_time(limit[30s]) | 28",
        "max_over_time(restarted[1m]) | 150",
        "avg_over_time(limit[1m]) | 4",
        "clamp_max(limit, 3) | 3",
        "round(limit / 3, 0.5) | 1.5",
        "time() | 1700000060",
        "sum without (code, app) (requests) | 2880",
        "count(label_replace(requests, \"x\", \"$1\", \"app\", \"(.*)\")) by (x) == 1 | 1",
      })
  void evaluates(String query, double expected) throws Exception {
    assertThat(one(query.replace("\\\"", "\""))).isCloseTo(expected, within(1e-6));
  }

  @Test
  void ranges() throws Exception {
    List<QueryEngine.Line> lines =
        engine.range("sum(rate(requests[20s]))", START + 30_000, NOW, 10_000);

    assertThat(lines).hasSize(1);
    assertThat(lines.getFirst().points()).hasSize(4);
    assertThat(lines.getFirst().points())
        .allSatisfy(p -> assertThat(p.value()).isCloseTo(13, within(1e-9)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "quantile_over_time(0.5, a[1m])",
        "a * on(x) group_left b",
        "rate(a[5m:1m])",
        "a @ 5",
        "stddev(a)",
        "absent(a)",
        "1 atan2 2",
      })
  void refusesWhatItLacksByName(String query) {
    assertThatThrownBy(() -> engine.instant(query, NOW))
        .isInstanceOf(PromQlException.class)
        .hasMessageContaining("is not supported");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "sum(", "a{b=c}", "a{b=\"c\"", "rate(a)", "a[5x]", "1 > 2", "\"a\" + 1", "{}",
            "{a=\"\"}",
        "{a=~\"(\"}", "sum by a (b)", "a b", "topk(b)", "(a)[5m]", "a and 1", "'x", "99y99y", "~",
            "sum(1)"
      })
  void refusesWhatIsNoPromQl(String query) {
    assertThatThrownBy(() -> engine.instant(query, NOW)).isInstanceOf(PromQlException.class);
  }

  @Test
  void boundsWhatAQueryMayCost() {
    assertThatThrownBy(() -> engine.instant("(".repeat(5_000) + "1" + ")".repeat(5_000), NOW))
        .hasMessageContaining("nested deeper");
    assertThatThrownBy(() -> engine.instant("-".repeat(5_000) + "1", NOW))
        .hasMessageContaining("nested deeper");
    assertThatThrownBy(() -> engine.range("requests", START, NOW, 1))
        .hasMessageContaining("11,000 points");
    assertThatThrownBy(() -> engine.instant("1" + "+1".repeat(20_000), NOW))
        .hasMessageContaining("longer than");
    String bomb = "((((a{1000}){1000}){100}))";
    assertThatThrownBy(() -> engine.instant("{a=~\"" + bomb + "\"}", NOW))
        .isInstanceOf(PromQlException.class)
        .hasMessageContaining("lower the counts");
    assertThatThrownBy(
            () ->
                engine.instant(
                    "label_replace(requests, \"a\", \"$1\", \"b\", \"" + bomb + "\")", NOW))
        .isInstanceOf(PromQlException.class)
        .hasMessageContaining("lower the counts");
    assertThatThrownBy(() -> engine.instant("{a=~\"" + "x".repeat(5_000) + "\"}", NOW))
        .hasMessageContaining("longer than");
  }
}
