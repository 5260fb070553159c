// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.distribute;

import io.flotilla.telemetry.api.Span;
import java.util.List;

/** The payload of the channel "spans". */
public record SpanBatch(List<Span> spans) {
  public SpanBatch {
    spans = List.copyOf(spans);
  }
}
