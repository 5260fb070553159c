// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store.block;

import com.github.luben.zstd.ZstdCompressCtx;
import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.api.jaeger.JaegerJson;
import io.flotilla.telemetry.api.jaeger.SpanTags;
import io.flotilla.telemetry.store.Trace;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Some thousand spans by columns, each compressed on its own. The fixed chunks are: the strings;
 * the traces (id, spans, start); span and parent ids (a parent in the trace by its place); start
 * and duration; name, resource, scope and kind; the resources; what few spans have; the keys of the
 * attribute columns. Then follow the columns, one a key: which rows have it, and their values.
 */
final class RowGroupWriter {
  /** Longer values are not in the Bloom filter: such a search reads the column. */
  static final int INDEXED_CHARACTERS = 128;

  static final int ALL_STRINGS = 1;
  static final int ALL_LONGS = 2;
  static final int MIXED = 0;
  private static final int LEVEL = 3;

  private final Strings strings = new Strings();
  private final Output traces = new Output(4096);
  private final Output ids = new Output(65_536);
  private final Output times = new Output(32_768);
  private final Output base = new Output(32_768);
  private final Output resourceRows = new Output(1_024);
  private final Output rest = new Output(4_096);
  private final Map<Map<String, Object>, Integer> resources = new HashMap<>();
  private final Map<String, Column> columns = new LinkedHashMap<>();
  private final Set<String> eventKeys = new LinkedHashSet<>();
  private long[] hashes = new long[16_384];
  private int hashed;
  private int rows;
  private long minStart = Long.MAX_VALUE;
  private long maxStart = Long.MIN_VALUE;
  private long maxDuration;
  private long latestTrace = Long.MIN_VALUE;
  private int traceCount;

  private static final class Column {
    final Output rows = new Output(256);
    final Output mixed = new Output(256);
    final Output plain = new Output(256);
    int count;
    int lastRow = -1;
    int form = -1;
  }

  int spans() {
    return rows;
  }

  /** Adds a trace, whose spans are in the order of their start. */
  void add(Trace trace) {
    List<Span> spans = trace.spans();
    Map<Long, Integer> places = HashMap.newHashMap(spans.size());
    for (int i = 0; i < spans.size(); i++) {
      places.put(spans.get(i).spanId(), i);
    }
    long first = spans.getFirst().startEpochNanos();
    traces.u64(trace.id().high());
    traces.u64(trace.id().low());
    traces.varint(spans.size());
    traces.u64(first);
    traceCount++;
    latestTrace = Math.max(latestTrace, first);
    long last = first;
    for (Span span : spans) {
      add(span, places, last);
      last = span.startEpochNanos();
    }
  }

  private void add(Span span, Map<Long, Integer> places, long last) {
    ids.u64(span.spanId());
    Integer parent = span.parentSpanId() == 0 ? null : places.get(span.parentSpanId());
    if (parent != null) {
      ids.varint(parent + 2L);
    } else if (span.parentSpanId() == 0) {
      ids.varint(0);
    } else {
      ids.varint(1);
      ids.u64(span.parentSpanId());
    }
    long start = span.startEpochNanos();
    long duration = span.endEpochNanos() - start;
    times.varint(start - last);
    times.varint(duration);
    minStart = Math.min(minStart, start);
    maxStart = Math.max(maxStart, start);
    maxDuration = Math.max(maxDuration, duration);
    base.varint(strings.number(span.name()));
    Integer resource = resources.get(span.resource());
    if (resource == null) {
      resource = resources.size();
      resources.put(span.resource(), resource);
      strings.attributes(span.resource(), resourceRows);
    }
    base.varint(resource);
    base.varint(strings.number(span.scope()));
    base.u8(span.kind().ordinal() << 2 | span.status().ordinal());
    SpanRows.rest(span, strings, rest);
    for (Map.Entry<String, Object> attribute : span.attributes().entrySet()) {
      put(columns.computeIfAbsent(attribute.getKey(), k -> new Column()), attribute.getValue());
    }
    for (Span.Event event : span.events()) {
      eventKeys.add("event");
      eventKeys.addAll(event.attributes().keySet());
    }
    SpanTags.searchable(span, this::index);
    rows++;
  }

  private void put(Column column, Object value) {
    column.rows.varint(rows - column.lastRow);
    column.lastRow = rows;
    column.count++;
    int form =
        switch (value) {
          case String s -> ALL_STRINGS;
          case Long l -> ALL_LONGS;
          default -> MIXED;
        };
    column.form = column.form == -1 || column.form == form ? form : MIXED;
    strings.write(value, column.mixed);
    if (column.form == ALL_STRINGS) {
      column.plain.varint(strings.number((String) value));
    } else if (column.form == ALL_LONGS) {
      column.plain.zigzag((Long) value);
    }
  }

  private void index(String key, Object value) {
    String text = JaegerJson.text(value);
    if (text.length() <= INDEXED_CHARACTERS) {
      if (hashed == hashes.length) {
        hashes = Arrays.copyOf(hashes, 2 * hashed);
      }
      hashes[hashed++] = Bloom.hash(key, text);
    }
  }

  /** The group's bytes, its Bloom filter after them, and where they are when put at an offset. */
  RowGroupMeta finish(long offset, Output out, ZstdCompressCtx zstd) {
    Output keys = new Output(256);
    keys.varint(columns.size());
    columns.keySet().forEach(key -> keys.varint(strings.number(key)));
    keys.varint(eventKeys.size());
    eventKeys.forEach(key -> keys.varint(strings.number(key)));
    Output resourceTable = new Output(resourceRows.size() + 8);
    resourceTable.varint(resources.size());
    resourceTable.raw(resourceRows.array());
    Output table = new Output(4096);
    table.varint(strings.size());
    table.raw(strings.table());
    int before = out.size();
    int[] chunks = new int[RowGroupMeta.CHUNKS];
    chunks[RowGroupMeta.STRINGS] = pack(table, out, zstd);
    chunks[RowGroupMeta.TRACES] = pack(traces, out, zstd);
    chunks[RowGroupMeta.IDS] = pack(ids, out, zstd);
    chunks[RowGroupMeta.TIMES] = pack(times, out, zstd);
    chunks[RowGroupMeta.BASE] = pack(base, out, zstd);
    chunks[RowGroupMeta.RESOURCES] = pack(resourceTable, out, zstd);
    chunks[RowGroupMeta.REST] = pack(rest, out, zstd);
    chunks[RowGroupMeta.KEYS] = pack(keys, out, zstd);
    int[] packed = new int[columns.size()];
    int i = 0;
    for (Column column : columns.values()) {
      Output bytes = new Output(column.rows.size() + column.mixed.size() + 8);
      bytes.varint(column.count);
      bytes.u8(column.form);
      bytes.raw(column.rows.array());
      bytes.raw((column.form == MIXED ? column.mixed : column.plain).array());
      packed[i++] = pack(bytes, out, zstd);
    }
    Bloom bloom = bloom();
    long bloomOffset = offset + out.size() - before;
    out.raw(bloom.bytes());
    return new RowGroupMeta(
        offset,
        chunks,
        packed,
        bloomOffset,
        bloom.bytes().length / Bloom.BLOCK,
        rows,
        traceCount,
        minStart,
        maxStart,
        maxDuration,
        latestTrace);
  }

  private Bloom bloom() {
    Arrays.sort(hashes, 0, hashed);
    int distinct = 0;
    for (int i = 0; i < hashed; i++) {
      if (distinct == 0 || hashes[i] != hashes[distinct - 1]) {
        hashes[distinct++] = hashes[i];
      }
    }
    return Bloom.of(hashes, distinct);
  }

  private static int pack(Output chunk, Output into, ZstdCompressCtx zstd) {
    zstd.setLevel(LEVEL).setChecksum(true).setContentSize(true);
    byte[] packed = zstd.compress(chunk.array());
    into.raw(packed);
    return packed.length;
  }
}
