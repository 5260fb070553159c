// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent.admin;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.re2j.Pattern;
import io.flotilla.proxy.metrics.Histogram;
import io.flotilla.proxy.metrics.StatScope;
import io.flotilla.proxy.metrics.StatSink;
import io.flotilla.regex.BoundedRegex;
import io.flotilla.regex.InvalidRegexException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Envoy's admin page /stats: "name: value" lines, or JSON with {@code format=json}; {@code filter}
 * (an RE2 expression that the name must contain), {@code usedonly} and {@code type} choose.
 */
public final class StatsPage implements StatSink {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final double[] QUANTILES = {0, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 100};

  private final boolean usedOnly;
  private final String type;
  private final Pattern filter;
  private final Map<String, Long> values = new TreeMap<>();
  private final Map<String, double[]> histograms = new TreeMap<>();

  private StatsPage(boolean usedOnly, String type, Pattern filter) {
    this.usedOnly = usedOnly;
    this.type = type;
    this.filter = filter;
  }

  /**
   * The page.
   *
   * @param tell tells the page all statistics there are
   */
  public static AdminAnswer answer(Map<String, List<String>> query, Consumer<StatSink> tell) {
    String format = first(query, "format", "text");
    if (!format.equals("text") && !format.equals("json")) {
      return AdminAnswer.text(
          400, "format " + format + " is unknown; use text, json, or the page /stats/prometheus\n");
    }
    String type = first(query, "type", "All");
    if (!List.of("All", "Counters", "Gauges", "Histograms").contains(type)) {
      return AdminAnswer.text(
          400, "type " + type + " is unknown; use All, Counters, Gauges or Histograms\n");
    }
    Pattern filter;
    try {
      filter = BoundedRegex.compile(first(query, "filter", ""));
    } catch (InvalidRegexException e) {
      return AdminAnswer.text(400, "the filter cannot be used: " + e.getMessage() + "\n");
    }
    StatsPage page = new StatsPage(query.containsKey("usedonly"), type, filter);
    tell.accept(page);
    return format.equals("json") ? AdminAnswer.json(page.json()) : AdminAnswer.text(page.text());
  }

  private static String first(Map<String, List<String>> query, String name, String otherwise) {
    List<String> given = query.get(name);
    return given == null || given.getFirst().isEmpty() ? otherwise : given.getFirst();
  }

  private boolean isWanted(String kind, String name) {
    return (type.equals("All") || type.equals(kind)) && filter.matcher(name).find();
  }

  @Override
  public void counter(StatScope scope, String leaf, long value) {
    single("Counters", scope.prefix() + leaf, value);
  }

  @Override
  public void gauge(StatScope scope, String leaf, long value) {
    single("Gauges", scope.prefix() + leaf, value);
  }

  private void single(String kind, String name, long value) {
    if (isWanted(kind, name) && (value != 0 || !usedOnly)) {
      values.put(name, value);
    }
  }

  @Override
  public void histogram(StatScope scope, String leaf, Histogram histogram) {
    String name = scope.prefix() + leaf;
    if (!isWanted("Histograms", name) || (usedOnly && histogram.count() == 0)) {
      return;
    }
    double[] quantiles = new double[histogram.count() == 0 ? 0 : QUANTILES.length];
    for (int i = 0; i < quantiles.length; i++) {
      quantiles[i] = histogram.quantile(QUANTILES[i] / 100);
    }
    histograms.put(name, quantiles);
  }

  private String text() {
    StringBuilder b = new StringBuilder();
    values.forEach((name, value) -> b.append(name).append(": ").append(value).append('\n'));
    histograms.forEach(
        (name, quantiles) -> {
          b.append(name).append(':');
          if (quantiles.length == 0) {
            b.append(" No recorded values");
          }
          for (int i = 0; i < quantiles.length; i++) {
            // In brackets: of the last interval, which is not kept, and of all time.
            b.append(" P").append(number(QUANTILES[i])).append("(nan,");
            b.append(number(quantiles[i])).append(')');
          }
          b.append('\n');
        });
    return b.toString();
  }

  private static String number(double value) {
    return value == Math.rint(value)
        ? Long.toString((long) value)
        : String.format(Locale.ROOT, "%.4g", value);
  }

  private String json() {
    ObjectNode root = JSON.createObjectNode();
    ArrayNode stats = root.putArray("stats");
    values.forEach((name, value) -> stats.addObject().put("name", name).put("value", value));
    if (!histograms.isEmpty()) {
      ObjectNode all = stats.addObject().putObject("histograms");
      ArrayNode supported = all.putArray("supported_quantiles");
      for (double each : QUANTILES) {
        supported.add(each);
      }
      ArrayNode computed = all.putArray("computed_quantiles");
      histograms.forEach(
          (name, quantiles) -> {
            ObjectNode one = computed.addObject().put("name", name);
            ArrayNode each = one.putArray("values");
            for (int i = 0; i < QUANTILES.length; i++) {
              ObjectNode value = each.addObject().putNull("interval");
              if (quantiles.length == 0) {
                value.putNull("cumulative");
              } else {
                value.put("cumulative", quantiles[i]);
              }
            }
          });
    }
    return root.toString();
  }
}
