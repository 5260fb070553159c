// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.metrics;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Writes statistics in Prometheus' text format, with the labels of Istio's bootstrap. */
public final class StatsText implements StatSink {
  private static final Pattern CODE = Pattern.compile("(.*_rq)_(\\d\\d\\d)");
  private static final Pattern CODE_CLASS = Pattern.compile("(.*_rq)_(\\dxx)");

  private final Predicate<String> included;
  private final Map<String, Family> families = new TreeMap<>();

  private record Family(String type, List<String> lines) {}

  /**
   * @param included whether the statistic of this name, "cluster.NAME;.upstream_cx_total", is told
   */
  public StatsText(Predicate<String> included) {
    this.included = included;
  }

  @Override
  public void counter(StatScope scope, String leaf, long value) {
    single("counter", scope, leaf, value);
  }

  @Override
  public void gauge(StatScope scope, String leaf, long value) {
    single("gauge", scope, leaf, value);
  }

  private void single(String type, StatScope scope, String leaf, long value) {
    if (!included.test(scope.prefix() + leaf)) {
      return;
    }
    Map<String, String> labels = labels(scope);
    String name = leaf;
    Matcher code = CODE.matcher(leaf);
    Matcher codes = CODE_CLASS.matcher(leaf);
    if (code.matches()) {
      name = code.group(1);
      labels.put("response_code", code.group(2));
    } else if (codes.matches()) {
      name = codes.group(1);
      labels.put("response_code_class", codes.group(2));
    }
    String metric = metric(scope, name);
    lines(metric, type).add(metric + text(labels) + " " + value);
  }

  @Override
  public void histogram(StatScope scope, String leaf, Histogram histogram) {
    if (!included.test(scope.prefix() + leaf) || histogram.count() == 0) {
      return;
    }
    String metric = metric(scope, leaf);
    List<String> lines = lines(metric, "histogram");
    Map<String, String> labels = labels(scope);
    for (int i = 0; i < Histogram.BOUNDS.size(); i++) {
      labels.put("le", Histogram.BOUNDS.get(i));
      lines.add(metric + "_bucket" + text(labels) + " " + histogram.atMost(i));
    }
    labels.put("le", "+Inf");
    lines.add(metric + "_bucket" + text(labels) + " " + histogram.count());
    labels.remove("le");
    lines.add(metric + "_sum" + text(labels) + " " + histogram.sum());
    lines.add(metric + "_count" + text(labels) + " " + histogram.count());
  }

  private static String metric(StatScope scope, String leaf) {
    return scope.metric() + leaf.replaceAll("[^a-zA-Z0-9_]", "_");
  }

  private List<String> lines(String metric, String type) {
    return families.computeIfAbsent(metric, m -> new Family(type, new ArrayList<>())).lines();
  }

  private static Map<String, String> labels(StatScope scope) {
    Map<String, String> labels = new LinkedHashMap<>();
    if (!scope.label().isEmpty()) {
      labels.put(scope.label(), scope.value());
    }
    return labels;
  }

  private static String text(Map<String, String> labels) {
    if (labels.isEmpty()) {
      return "";
    }
    StringBuilder b = new StringBuilder();
    labels.forEach((name, value) -> IstioMetrics.label(b, name, value));
    return "{" + b + "}";
  }

  /** What was told so far. */
  public String text() {
    StringBuilder b = new StringBuilder();
    families.forEach(
        (metric, family) -> {
          b.append("# TYPE ").append(metric).append(' ').append(family.type()).append('\n');
          family.lines().forEach(line -> b.append(line).append('\n'));
        });
    return b.toString();
  }
}
