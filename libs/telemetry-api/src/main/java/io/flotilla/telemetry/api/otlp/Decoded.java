// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api.otlp;

import io.flotilla.telemetry.api.Span;
import java.util.List;

/**
 * What one request held.
 *
 * @param spans the valid ones, in the order of the request
 * @param refused how many spans were left out as a whole
 * @param trimmed how many attributes, events, links and strings were cut to fit {@link SpanLimits}
 * @param reason one sentence about the first refused span; empty when none was
 */
public record Decoded(List<Span> spans, int refused, int trimmed, String reason) {
  public Decoded {
    spans = List.copyOf(spans);
  }
}
