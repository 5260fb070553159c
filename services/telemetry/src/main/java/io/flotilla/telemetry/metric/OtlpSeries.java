// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.metric;

import io.flotilla.telemetry.api.jaeger.JaegerJson;
import io.flotilla.telemetry.api.otlp.OtlpAttributes;
import io.flotilla.telemetry.api.otlp.SpanAssembly;
import io.flotilla.telemetry.api.otlp.SpanLimits;
import io.flotilla.telemetry.metric.MetricWindow.Sample;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.opentelemetry.proto.metrics.v1.SummaryDataPoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One resource's metrics as Prometheus' series (OpenTelemetry specification, "Prometheus and
 * OpenMetrics Compatibility"): names with units and {@code _total}, {@code job} and {@code
 * instance} of the resource. Cumulative sums and histograms, gauges and summaries are taken; deltas
 * and exponential histograms are refused, point by point.
 */
final class OtlpSeries {
  private static final Map<String, String> UNITS =
      Map.ofEntries(
          Map.entry("s", "seconds"),
          Map.entry("ms", "milliseconds"),
          Map.entry("us", "microseconds"),
          Map.entry("ns", "nanoseconds"),
          Map.entry("min", "minutes"),
          Map.entry("h", "hours"),
          Map.entry("d", "days"),
          Map.entry("By", "bytes"),
          Map.entry("KiBy", "kibibytes"),
          Map.entry("MiBy", "mebibytes"),
          Map.entry("GiBy", "gibibytes"),
          Map.entry("KBy", "kilobytes"),
          Map.entry("MBy", "megabytes"),
          Map.entry("GBy", "gigabytes"),
          Map.entry("m", "meters"),
          Map.entry("V", "volts"),
          Map.entry("A", "amperes"),
          Map.entry("J", "joules"),
          Map.entry("W", "watts"),
          Map.entry("g", "grams"),
          Map.entry("Cel", "celsius"),
          Map.entry("Hz", "hertz"),
          Map.entry("%", "percent"));

  private final Labels resource;
  private final Map<String, String> common;
  private final SpanAssembly limits = new SpanAssembly(SpanLimits.DEFAULT);
  private final List<Sample> samples = new ArrayList<>();
  private final Map<String, Labels> labels = new HashMap<>();
  private int refused;
  private String reason = "";

  private OtlpSeries(Map<String, String> common) {
    this.common = common;
    this.resource = Labels.of(common);
  }

  static OtlpSeries of(ResourceMetrics metrics) {
    SpanAssembly limits = new SpanAssembly(SpanLimits.DEFAULT);
    Map<String, Object> resource =
        OtlpAttributes.of(metrics.getResource().getAttributesList(), limits);
    Map<String, String> common = new LinkedHashMap<>();
    String service = text(resource, "service.name");
    String namespace = text(resource, "service.namespace");
    common.put("job", namespace.isEmpty() ? service : namespace + "/" + service);
    common.put("instance", text(resource, "service.instance.id"));
    OtlpSeries series = new OtlpSeries(common);
    for (ScopeMetrics scope : metrics.getScopeMetricsList()) {
      scope.getMetricsList().forEach(series::add);
    }
    return series;
  }

  Labels resource() {
    return resource;
  }

  List<Sample> samples() {
    return samples;
  }

  Map<String, Labels> labels() {
    return labels;
  }

  int refused() {
    return refused;
  }

  String reason() {
    return reason;
  }

  private static String text(Map<String, Object> attributes, String key) {
    Object value = attributes.get(key);
    return value == null ? "" : JaegerJson.text(value);
  }

  private void add(Metric metric) {
    switch (metric.getDataCase()) {
      case GAUGE -> {
        String name = name(metric, false);
        metric.getGauge().getDataPointsList().forEach(p -> number(name, p));
      }
      case SUM -> {
        String name = name(metric, metric.getSum().getIsMonotonic());
        if (cumulative(
            metric,
            metric.getSum().getAggregationTemporality(),
            metric.getSum().getDataPointsCount())) {
          metric.getSum().getDataPointsList().forEach(p -> number(name, p));
        }
      }
      case HISTOGRAM -> {
        String name = name(metric, false);
        if (cumulative(
            metric,
            metric.getHistogram().getAggregationTemporality(),
            metric.getHistogram().getDataPointsCount())) {
          metric.getHistogram().getDataPointsList().forEach(p -> histogram(name, p));
        }
      }
      case SUMMARY -> {
        String name = name(metric, false);
        metric.getSummary().getDataPointsList().forEach(p -> summary(name, p));
      }
      case EXPONENTIAL_HISTOGRAM ->
          refuse(
              metric.getExponentialHistogram().getDataPointsCount(),
              "metric " + metric.getName() + " is an exponential histogram; send explicit buckets");
      default -> {
        // No data at all: there is nothing to refuse either.
      }
    }
  }

  private boolean cumulative(Metric metric, AggregationTemporality temporality, int points) {
    if (temporality == AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA) {
      refuse(points, "metric " + metric.getName() + " has deltas; send cumulative values");
      return false;
    }
    return true;
  }

  private void refuse(int points, String why) {
    refused += points;
    if (reason.isEmpty()) {
      reason = why;
    }
  }

  private void number(String name, NumberDataPoint point) {
    sample(
        name,
        labels(point.getAttributesList()),
        point.hasAsInt() ? point.getAsInt() : point.getAsDouble());
  }

  private void histogram(String name, HistogramDataPoint point) {
    SortedMap<String, String> own = labels(point.getAttributesList());
    long below = 0;
    int bounds = Math.min(point.getExplicitBoundsCount(), point.getBucketCountsCount());
    for (int i = 0; i < bounds; i++) {
      below += point.getBucketCounts(i);
      SortedMap<String, String> bucket = new TreeMap<>(own);
      bucket.put("le", plain(point.getExplicitBounds(i)));
      sample(name + "_bucket", bucket, below);
    }
    SortedMap<String, String> all = new TreeMap<>(own);
    all.put("le", "+Inf");
    sample(name + "_bucket", all, point.getCount());
    sample(name + "_count", own, point.getCount());
    if (point.hasSum()) {
      sample(name + "_sum", own, point.getSum());
    }
  }

  private void summary(String name, SummaryDataPoint point) {
    SortedMap<String, String> own = labels(point.getAttributesList());
    point
        .getQuantileValuesList()
        .forEach(
            quantile -> {
              SortedMap<String, String> one = new TreeMap<>(own);
              one.put("quantile", plain(quantile.getQuantile()));
              sample(name, one, quantile.getValue());
            });
    sample(name + "_count", own, point.getCount());
    sample(name + "_sum", own, point.getSum());
  }

  private static String plain(double bound) {
    return bound == Math.rint(bound) && Math.abs(bound) < 1e15
        ? Long.toString((long) bound)
        : Double.toString(bound);
  }

  private SortedMap<String, String> labels(List<KeyValue> attributes) {
    SortedMap<String, String> all = new TreeMap<>(common);
    OtlpAttributes.of(attributes, limits)
        .forEach(
            (key, value) -> all.merge(word(key), JaegerJson.text(value), (a, b) -> a + ";" + b));
    return all;
  }

  private void sample(String name, SortedMap<String, String> own, double value) {
    own.put(Labels.NAME, name);
    Labels identity = Labels.of(own);
    String text = own.toString();
    labels.put(text, identity);
    samples.add(new Sample(text, value));
  }

  private static String name(Metric metric, boolean counter) {
    StringBuilder name = new StringBuilder(word(metric.getName()));
    String unit = unit(metric.getUnit());
    if (!unit.isEmpty() && name.indexOf(unit) < 0) {
      name.append('_').append(unit);
    }
    boolean ratio = metric.getUnit().equals("1") && metric.hasGauge();
    if (ratio && name.indexOf("ratio") < 0) {
      name.append("_ratio");
    }
    if (counter && !name.toString().endsWith("_total")) {
      name.append("_total");
    }
    return name.toString();
  }

  private static String unit(String unit) {
    if (unit.isEmpty() || unit.equals("1") || unit.startsWith("{")) {
      return "";
    }
    int per = unit.indexOf('/');
    if (per > 0) {
      String one = unit(unit.substring(per + 1));
      String singular = one.endsWith("s") ? one.substring(0, one.length() - 1) : one;
      return unit(unit.substring(0, per)) + "_per_" + singular;
    }
    return UNITS.getOrDefault(unit, word(unit));
  }

  /** Letters, digits and underscores; what is not becomes an underscore. */
  private static String word(String text) {
    String cut = text.length() <= 256 ? text : text.substring(0, 256);
    String word = cut.replaceAll("[^A-Za-z0-9_:]", "_");
    return !word.isEmpty() && Character.isDigit(word.charAt(0)) ? "_" + word : word;
  }
}
