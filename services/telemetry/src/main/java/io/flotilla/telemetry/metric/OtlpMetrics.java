// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.metric;

import io.flotilla.telemetry.metric.MetricWindow.Sample;
import io.flotilla.telemetry.metric.MetricWindow.Target;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsPartialSuccess;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceResponse;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Takes OTLP's metric requests into the window, as one scrape of each resource; so a resource sends
 * all its metrics in one request, as SDKs do. Bounded by resources; the one that was silent longest
 * makes room.
 */
@ApplicationScoped
public class OtlpMetrics {
  private static final int RESOURCES = 1_000;

  private final MetricWindow window;
  private final MeterRegistry metrics;
  private final LinkedHashMap<Labels, Target> targets = new LinkedHashMap<>(16, 0.75f, true);

  OtlpMetrics(MetricWindow window, MeterRegistry metrics) {
    this.window = window;
    this.metrics = metrics;
  }

  /** Keeps the points of a request; the answer is what the sender is told. */
  public ExportMetricsServiceResponse take(ExportMetricsServiceRequest request) {
    long now = System.currentTimeMillis();
    int refused = 0;
    String reason = "";
    for (ResourceMetrics resource : request.getResourceMetricsList()) {
      OtlpSeries series = OtlpSeries.of(resource);
      int left = append(series, now);
      refused += series.refused() + left;
      if (reason.isEmpty()) {
        reason = left > 0 ? "the window of metrics is full" : series.reason();
      }
    }
    metrics.counter("flotilla_telemetry_metric_points_refused").increment(refused);
    ExportMetricsServiceResponse.Builder response = ExportMetricsServiceResponse.newBuilder();
    if (refused > 0) {
      response.setPartialSuccess(
          ExportMetricsPartialSuccess.newBuilder()
              .setRejectedDataPoints(refused)
              .setErrorMessage(reason));
    }
    return response.build();
  }

  private synchronized int append(OtlpSeries series, long now) {
    if (series.samples().isEmpty()) {
      return 0;
    }
    Target target = targets.get(series.resource());
    if (target == null) {
      if (targets.size() == RESOURCES) {
        window.close(targets.pollFirstEntry().getValue(), now);
      }
      target = window.open();
      targets.put(series.resource(), target);
    }
    List<Sample> samples = series.samples();
    Map<String, Labels> labels = series.labels();
    return window.append(target, now, samples, text -> labels.getOrDefault(text, Labels.NONE));
  }
}
