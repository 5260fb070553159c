// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store;

import io.flotilla.telemetry.api.Span;
import java.util.List;

/** The spans of one trace that a store holds, in the order of their start; at least one. */
public record Trace(TraceId id, List<Span> spans) {
  public Trace {
    spans = List.copyOf(spans);
    if (spans.isEmpty()) {
      throw new IllegalArgumentException("trace " + id + " has no spans");
    }
  }
}
