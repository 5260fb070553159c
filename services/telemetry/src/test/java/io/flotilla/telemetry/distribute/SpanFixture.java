// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.distribute;

import io.flotilla.telemetry.api.Span;
import java.util.List;
import java.util.Map;

/** A span with nothing special about it. */
final class SpanFixture {
  private SpanFixture() {}

  static Span span(long trace, long id) {
    return new Span(
        0,
        trace,
        id,
        0,
        "GET /",
        Span.Kind.SERVER,
        1,
        2,
        Map.of(),
        List.of(),
        List.of(),
        Span.Status.UNSET,
        "",
        "",
        Map.of("service.name", "reviews"),
        "test");
  }
}
