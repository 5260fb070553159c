// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.scrape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.telemetry.metric.Labels;
import io.flotilla.telemetry.metric.MetricWindow;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PrometheusTextTest {

  private static List<MetricWindow.Sample> parse(String text) throws Exception {
    return PrometheusText.parse(text, name -> true, s -> PrometheusText.labels(s, Map.of()));
  }

  @Test
  void readsTheFormatsOwnExample() throws Exception {
    String text =
        """
        # HELP http_requests_total The total number of HTTP requests.
        # TYPE http_requests_total counter
        http_requests_total{method="post",code="200"} 1027 1395066363000
        http_requests_total{method="post",code="400"}    3 1395066363000

        # Escaping in label values:
        msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find file:\\n\\"FILE.TXT\\""} 1.458255915e9
        metric_without_timestamp_and_labels 12.47
        something_weird{problem="division by zero"} +Inf -3982045
        http_request_duration_seconds_bucket{le="+Inf",} 144320
        rpc_duration_seconds{quantile="0.5"}\tNaN\r
        exemplar_total{a="}"} 3 # {trace_id="x"} 1
        """;

    List<MetricWindow.Sample> samples = parse(text);

    assertThat(samples).hasSize(8);
    assertThat(samples.get(0).value()).isEqualTo(1027);
    Labels escaped = PrometheusText.labels(samples.get(2).text(), Map.of());
    assertThat(escaped.get("path")).isEqualTo("C:\\DIR\\FILE.TXT");
    assertThat(escaped.get("error")).isEqualTo("Cannot find file:\n\"FILE.TXT\"");
    assertThat(samples.get(4).value()).isInfinite();
    assertThat(samples.get(6).value()).isNaN();
    assertThat(PrometheusText.labels(samples.get(7).text(), Map.of()).get("a")).isEqualTo("}");
  }

  @Test
  void keepsOnlyTheWantedNames() throws Exception {
    assertThat(PrometheusText.parse("a 1\nb 2\n", "b"::equals, s -> Labels.NONE)).hasSize(1);
  }

  @Test
  void keepsAMetricsOwnLabelBesideTheTargets() {
    Labels labels =
        PrometheusText.labels("a{job=\"theirs\",x=\"1\"}", Map.of("job", "ours", "instance", "i"));

    assertThat(labels.get("job")).isEqualTo("ours");
    assertThat(labels.get("exported_job")).isEqualTo("theirs");
    assertThat(labels.get("instance")).isEqualTo("i");
  }

  @Test
  void namesTheLineThatIsWrong() {
    assertThatThrownBy(() -> parse("a 1\nb{x=\"1\" 2\n")).hasMessageStartingWith("line 2:");
    assertThatThrownBy(() -> parse("a one")).hasMessageContaining("'one' is no number");
    assertThatThrownBy(() -> parse("a{x=1} 1")).hasMessageContaining("not quoted");
    assertThatThrownBy(() -> parse("a{x=\"1\",x=\"2\"} 1")).hasMessageContaining("given twice");
    assertThatThrownBy(() -> parse("<html>")).hasMessageContaining("name is expected");
    assertThatThrownBy(() -> parse("a" + "b".repeat(100_000) + " 1"))
        .hasMessageContaining("longer than");
  }

  @Test
  void damagedInputIsReadOrRefusedAndNothingElse() {
    String good = "istio_requests_total{a=\"b\\n\",c=\"d\"} 12.5 1234 # {x=\"y\"} 1\n";
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      StringBuilder damaged = new StringBuilder(good);
      for (int k = 0; k < 3; k++) {
        damaged.setCharAt(random.nextInt(damaged.length()), (char) random.nextInt(128));
      }
      try {
        parse(damaged.toString());
      } catch (PrometheusText.MalformedException expected) {
        assertThat(expected.getMessage()).startsWith("line ");
      } catch (Exception e) {
        throw new AssertionError(damaged.toString(), e);
      }
    }
  }
}
