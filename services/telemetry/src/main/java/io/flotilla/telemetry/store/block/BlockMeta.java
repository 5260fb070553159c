// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store.block;

import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.store.CallCounts;
import io.flotilla.telemetry.store.Operation;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A block's footer: what can be said of it without reading its row groups.
 *
 * @param id unique in its folder, also its name; higher is later
 * @param level 0 of a head, one higher for each merge
 * @param through the log's segments up to this one are in this block or in earlier ones
 * @param replaces ids of the blocks that were merged into it
 * @param traceIndex where the sorted index of trace ids is
 * @param traceBloomOffset where the Bloom filter over trace ids is
 */
record BlockMeta(
    long id,
    int level,
    long through,
    List<Long> replaces,
    long traces,
    long spans,
    long minStart,
    long maxStart,
    long latestTrace,
    long traceIndex,
    long traceBloomOffset,
    int traceBloomBlocks,
    Map<String, Set<Operation>> operations,
    List<CallCounts.Count> calls,
    List<RowGroupMeta> groups) {

  private static final Span.Kind[] KINDS = Span.Kind.values();

  byte[] write() {
    Output out = new Output(4096);
    out.u64(id);
    out.varint(level);
    out.u64(through);
    longs(replaces, out);
    out.varint(traces);
    out.varint(spans);
    out.u64(minStart);
    out.u64(maxStart);
    out.u64(latestTrace);
    out.u64(traceIndex);
    out.u64(traceBloomOffset);
    out.varint(traceBloomBlocks);
    out.varint(operations.size());
    operations.forEach(
        (service, of) -> {
          out.string(service);
          out.varint(of.size());
          for (Operation operation : of) {
            out.string(operation.name());
            out.u8(operation.kind().ordinal());
          }
        });
    out.varint(calls.size());
    for (CallCounts.Count call : calls) {
      out.zigzag(call.minute());
      out.string(call.parent());
      out.string(call.child());
      out.varint(call.calls());
    }
    out.varint(groups.size());
    groups.forEach(group -> group.write(out));
    return out.array();
  }

  private static void longs(List<Long> numbers, Output out) {
    out.varint(numbers.size());
    numbers.forEach(out::u64);
  }

  static BlockMeta read(byte[] bytes) {
    Input in = new Input(bytes);
    long id = in.u64();
    int level = (int) in.varint();
    long through = in.u64();
    List<Long> replaces = longs(in);
    long traces = in.varint();
    long spans = in.varint();
    long minStart = in.u64();
    long maxStart = in.u64();
    long latestTrace = in.u64();
    long traceIndex = in.u64();
    long bloomOffset = in.u64();
    int bloomBlocks = (int) in.varint();
    Map<String, Set<Operation>> operations = new TreeMap<>();
    for (int left = in.count(); left > 0; left--) {
      Set<Operation> of = operations.computeIfAbsent(in.string(), s -> new HashSet<>());
      for (int each = in.count(); each > 0; each--) {
        String name = in.string();
        int kind = in.u8();
        of.add(new Operation(name, kind < KINDS.length ? KINDS[kind] : Span.Kind.UNSPECIFIED));
      }
    }
    List<CallCounts.Count> calls = new ArrayList<>();
    for (int left = in.count(); left > 0; left--) {
      calls.add(new CallCounts.Count(in.zigzag(), in.string(), in.string(), in.varint()));
    }
    List<RowGroupMeta> groups = new ArrayList<>();
    for (int left = in.count(); left > 0; left--) {
      groups.add(RowGroupMeta.read(in));
    }
    return new BlockMeta(
        id,
        level,
        through,
        replaces,
        traces,
        spans,
        minStart,
        maxStart,
        latestTrace,
        traceIndex,
        bloomOffset,
        bloomBlocks,
        operations,
        calls,
        groups);
  }

  private static List<Long> longs(Input in) {
    List<Long> numbers = new ArrayList<>();
    for (int left = in.count(); left > 0; left--) {
      numbers.add(in.u64());
    }
    return numbers;
  }
}
