// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.traceql;

import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.store.Trace;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A trace with its spans by parent, made once for all that a query asks of it. */
final class TraceTree {
  private static final int[] NOWHERE = {0, 0};

  private final Trace trace;
  private final Map<Long, Span> byId = new HashMap<>();
  private final Map<Long, List<Span>> children = new HashMap<>();
  private @Nullable Map<Span, int[]> nested;

  TraceTree(Trace trace) {
    this.trace = trace;
    for (Span span : trace.spans()) {
      byId.put(span.spanId(), span);
      if (span.parentSpanId() != 0) {
        children.computeIfAbsent(span.parentSpanId(), p -> new ArrayList<>(2)).add(span);
      }
    }
  }

  Trace trace() {
    return trace;
  }

  @Nullable Span parent(Span span) {
    return span.parentSpanId() == 0 ? null : byId.get(span.parentSpanId());
  }

  List<Span> children(Span span) {
    return children.getOrDefault(span.spanId(), List.of());
  }

  /** The span that has no parent; else the earliest. */
  Span root() {
    for (Span span : trace.spans()) {
      if (span.parentSpanId() == 0) {
        return span;
      }
    }
    return trace.spans().getFirst();
  }

  boolean hasRoot() {
    return root().parentSpanId() == 0;
  }

  long start() {
    return trace.spans().getFirst().startEpochNanos();
  }

  long nanos() {
    long end = Long.MIN_VALUE;
    for (Span span : trace.spans()) {
      end = Math.max(end, span.endEpochNanos());
    }
    return end - start();
  }

  /** Left and right of the nested set model, from 1 on; zeros for a span under no root. */
  int[] nested(Span span) {
    Map<Span, int[]> known = nested;
    if (known == null) {
      known = new IdentityHashMap<>();
      int next = 1;
      for (Span root : trace.spans()) {
        if (root.parentSpanId() == 0) {
          next = number(root, next, known);
        }
      }
      nested = known;
    }
    return known.getOrDefault(span, NOWHERE);
  }

  /** Without recursion: a trace may be one chain of thousands of spans. */
  private int number(Span root, int first, Map<Span, int[]> into) {
    int next = first;
    List<Span> path = new ArrayList<>();
    List<Integer> places = new ArrayList<>();
    path.add(root);
    places.add(0);
    into.put(root, new int[] {next++, 0});
    while (!path.isEmpty()) {
      Span span = path.getLast();
      List<Span> below = children(span);
      int place = places.removeLast();
      if (place < below.size()) {
        places.add(place + 1);
        Span child = below.get(place);
        if (!into.containsKey(child)) {
          into.put(child, new int[] {next++, 0});
          path.add(child);
          places.add(0);
        }
      } else {
        path.removeLast();
        into.getOrDefault(span, new int[2])[1] = next++;
      }
    }
    return next;
  }
}
