// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.distribute;

import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.tenant.Tenant;
import java.util.List;

/** The payload of the channel "spans". */
public record SpanBatch(Tenant tenant, List<Span> spans) {
  public SpanBatch {
    spans = List.copyOf(spans);
  }
}
