// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.traceql;

import io.flotilla.telemetry.api.Span;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Spans of one trace that a query selects; at least one.
 *
 * @param computed what the query computed of it: "by(name)", "count()", ...
 */
public record Spanset(List<Span> spans, Map<String, Value> computed) {
  public Spanset {
    spans = List.copyOf(spans);
    computed = new LinkedHashMap<>(computed);
  }

  Spanset with(String name, Value value) {
    Spanset more = new Spanset(spans, computed);
    more.computed.put(name, value);
    return more;
  }
}
