// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.bench;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One figure against its goal.
 *
 * @param kind "time" or "memory": ours must not exceed the goal; "rate": the ratio must not be
 *     less; "latency": the ratio must not exceed it
 * @param ours the median
 * @param peer the median of what it is compared with; null: nothing
 * @param ratio ours / peer
 * @param n runs
 * @param spread (largest - smallest) / median of ours
 * @param loadAverage of the machine when it began, over a minute
 * @param goal as its kind says; null: none
 */
@JsonPropertyOrder({
  "what",
  "unit",
  "kind",
  "ours",
  "peer",
  "ratio",
  "n",
  "spread",
  "load_average",
  "goal",
  "met"
})
public record Row(
    String what,
    String unit,
    String kind,
    double ours,
    @Nullable Double peer,
    @Nullable Double ratio,
    int n,
    double spread,
    @JsonProperty("load_average") double loadAverage,
    @Nullable Double goal) {

  /** A row of measurements of ours and, perhaps, of a peer. */
  static Row of(
      String what,
      String unit,
      String kind,
      List<Double> ours,
      List<Double> peer,
      double loadAverage,
      @Nullable Double goal) {
    double median = median(ours);
    Double other = peer.isEmpty() ? null : round(median(peer));
    return new Row(
        what,
        unit,
        kind,
        round(median),
        other,
        peer.isEmpty() ? null : round(median / median(peer)),
        ours.size(),
        round(
            (ours.stream().max(Double::compare).orElseThrow()
                    - ours.stream().min(Double::compare).orElseThrow())
                / median),
        round(loadAverage),
        goal);
  }

  /** Whether the goal is met; true without one. */
  @JsonProperty("met")
  public boolean met() {
    if (goal == null) {
      return true;
    }
    return switch (kind) {
      case "rate" -> ratio != null && ratio >= goal;
      case "latency" -> ratio != null && ratio <= goal;
      default -> ours <= goal;
    };
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  private static double round(double value) {
    return Math.round(value * 100) / 100.0;
  }
}
