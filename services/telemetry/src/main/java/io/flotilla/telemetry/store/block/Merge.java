// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store.block;

import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.store.CallCounts;
import io.flotilla.telemetry.store.Trace;
import io.flotilla.telemetry.store.TraceId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * Several blocks into one of the next level. Each is read in the order of its traces' start, one
 * row group at a time; a trace that several have is joined where its earliest part is met.
 */
final class Merge {
  private final List<Block> inputs;

  Merge(List<Block> inputs) {
    this.inputs = inputs;
  }

  /** One block, read from its first trace to its last. */
  private static final class Cursor {
    final Block block;
    private int group = -1;
    private List<List<Span>> traces = List.of();
    private int at;

    Cursor(Block block) {
      this.block = block;
    }

    /** Moves on; false: there is no trace any more. */
    boolean next() throws IOException {
      at++;
      while (at >= traces.size()) {
        if (++group == block.meta().groups().size()) {
          return false;
        }
        traces = block.group(group).all();
        at = 0;
      }
      return true;
    }

    List<Span> spans() {
      return traces.get(at);
    }

    long start() {
      return spans().getFirst().startEpochNanos();
    }
  }

  /** Writes the merged block into the folder; it replaces its inputs. */
  BlockMeta write(Path folder, long id) throws IOException {
    Set<TraceId> several = several();
    Set<TraceId> done = new HashSet<>();
    PriorityQueue<Cursor> cursors = new PriorityQueue<>(Comparator.comparingLong(Cursor::start));
    for (Block input : inputs) {
      Cursor cursor = new Cursor(input);
      if (cursor.next()) {
        cursors.add(cursor);
      }
    }
    try (BlockWriter out = new BlockWriter(folder, id)) {
      while (!cursors.isEmpty()) {
        Cursor first = cursors.poll();
        TraceId trace = TraceId.of(first.spans().getFirst());
        if (!several.contains(trace)) {
          out.add(new Trace(trace, first.spans()));
        } else if (done.add(trace)) {
          out.add(new Trace(trace, joined(trace)));
        }
        if (first.next()) {
          cursors.add(first);
        }
      }
      CallCounts calls = new CallCounts();
      inputs.forEach(input -> input.meta().calls().forEach(calls::add));
      return out.finish(
          inputs.stream().mapToInt(b -> b.meta().level()).max().orElse(0) + 1,
          inputs.stream().mapToLong(b -> b.meta().through()).max().orElse(0),
          inputs.stream().map(b -> b.meta().id()).toList(),
          calls.counts());
    }
  }

  private Set<TraceId> several() throws IOException {
    Map<TraceId, Boolean> seen = new HashMap<>();
    for (Block input : inputs) {
      for (int g = 0; g < input.meta().groups().size(); g++) {
        RowGroup group = input.group(g);
        for (int t = 0; t < group.traceCount(); t++) {
          seen.merge(group.trace(t), false, (one, other) -> true);
        }
      }
    }
    seen.values().removeIf(isSeveral -> !isSeveral);
    return seen.keySet();
  }

  private List<Span> joined(TraceId trace) throws IOException {
    List<Span> all = new ArrayList<>();
    for (Block input : inputs) {
      all.addAll(input.find(trace));
    }
    return inOrder(all);
  }

  /** Each span once, by start. */
  static List<Span> inOrder(Collection<Span> spans) {
    Map<Long, Span> once = LinkedHashMap.newLinkedHashMap(spans.size());
    spans.forEach(span -> once.putIfAbsent(span.spanId(), span));
    List<Span> ordered = new ArrayList<>(once.values());
    ordered.sort(Comparator.comparingLong(Span::startEpochNanos));
    return ordered;
  }
}
