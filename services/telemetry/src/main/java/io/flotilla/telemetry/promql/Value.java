// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.promql;

import io.flotilla.telemetry.metric.Labels;
import java.util.List;

/** What an expression is worth at one moment. */
public sealed interface Value {

  /** A number. */
  record Scalar(double value) implements Value {}

  /** A text. */
  record Text(String value) implements Value {}

  /** One sample of each series. */
  record Vector(List<Sample> samples) implements Value {
    public Vector {
      samples = List.copyOf(samples);
    }
  }

  /** A series' value. */
  record Sample(Labels labels, double value) {}
}
