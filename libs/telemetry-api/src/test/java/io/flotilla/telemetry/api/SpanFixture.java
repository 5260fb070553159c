// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api;

import java.util.List;
import java.util.Map;

/** Spans for tests. */
public final class SpanFixture {
  private SpanFixture() {}

  /** One span with every field in use. */
  public static Span full() {
    return new Span(
        0x0af7651916cd43ddL,
        0x8448eb211c80319cL,
        0xb7ad6b7169203331L,
        0x00f067aa0ba902b7L,
        "reviews.default.svc.cluster.local:9080/*",
        Span.Kind.SERVER,
        1_700_000_000_000_001_000L,
        1_700_000_000_250_002_000L,
        Map.of(
            "http.status_code",
            "500",
            "retries",
            2L,
            "share",
            0.5,
            "sampled",
            true,
            "hosts",
            List.of("a", "b")),
        List.of(new Span.Event(1_700_000_000_100_000_000L, "retry", Map.of("attempt", 1L))),
        List.of(new Span.Link(1, 2, 3, Map.of("why", "batch"))),
        Span.Status.ERROR,
        "upstream failed",
        "congo=t61rcWkgMzE",
        Map.of("service.name", "reviews.default", "k8s.pod.name", "reviews-v1-0"),
        "flotilla");
  }

  /** A plain span. */
  public static Span plain(long trace, long id, long parent, String service, String name) {
    return new Span(
        0,
        trace,
        id,
        parent,
        name,
        Span.Kind.CLIENT,
        1_000_000,
        2_000_000,
        Map.of(),
        List.of(),
        List.of(),
        Span.Status.UNSET,
        "",
        "",
        Map.of("service.name", service),
        "");
  }
}
