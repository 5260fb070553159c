// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store.block;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.api.jaeger.JaegerJson;
import io.flotilla.telemetry.store.TraceId;
import io.flotilla.telemetry.store.TraceQuery;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One row group of a block; its chunks are read and unpacked when they are asked for. */
final class RowGroup {
  private static final int ASKED_ONE_BY_ONE = 8;
  private static final int LARGEST_CHUNK = 512 << 20;

  /** Tags that are fields of a span: a search for one reads the spans. */
  private static final Set<String> FIELDS =
      Set.of("otel.scope.name", "otel.status_description", "w3c.tracestate");

  private final FileChannel file;
  private final RowGroupMeta meta;
  private final byte[] @Nullable [] chunks = new byte[RowGroupMeta.CHUNKS][];

  private final Map<Integer, byte[]> columns = new HashMap<>();
  private String @Nullable [] strings;
  private @Nullable TraceRows traces;
  private @Nullable BaseRows base;
  private long @Nullable [] times;
  private @Nullable List<Map<String, Object>> resources;
  private @Nullable Map<String, Integer> keys;
  private @Nullable List<List<Span>> whole;
  private int asked;
  private final Set<String> eventKeys = new HashSet<>();

  RowGroup(FileChannel file, RowGroupMeta meta) {
    this.file = file;
    this.meta = meta;
  }

  /** The traces of the group, in the order of their first span's start. */
  private static final class TraceRows {
    final TraceId[] ids;
    final long[] starts;

    /** The first row of each, and one behind the last. */
    final int[] rows;

    TraceRows(int size) {
      ids = new TraceId[size];
      starts = new long[size];
      rows = new int[size + 1];
    }
  }

  private static final class BaseRows {
    final int[] name;
    final int[] resource;
    final int[] scope;
    final byte[] kindAndStatus;

    BaseRows(int size) {
      name = new int[size];
      resource = new int[size];
      scope = new int[size];
      kindAndStatus = new byte[size];
    }
  }

  private Input chunk(int number) throws IOException {
    byte[] known = chunks[number];
    if (known == null) {
      long offset = meta.offset();
      for (int i = 0; i < number; i++) {
        offset += meta.chunks()[i];
      }
      known = unpack(offset, meta.chunks()[number]);
      chunks[number] = known;
    }
    return new Input(known);
  }

  private Input column(int number) throws IOException {
    byte[] known = columns.get(number);
    if (known != null) {
      return new Input(known);
    }
    long offset = meta.offset();
    for (int chunk : meta.chunks()) {
      offset += chunk;
    }
    for (int i = 0; i < number; i++) {
      offset += meta.columns()[i];
    }
    byte[] unpacked = unpack(offset, meta.columns()[number]);
    columns.put(number, unpacked);
    return new Input(unpacked);
  }

  private byte[] unpack(long offset, int length) throws IOException {
    byte[] packed = new byte[length];
    Block.readFully(file, ByteBuffer.wrap(packed), offset);
    long size = Zstd.getFrameContentSize(packed);
    if (size < 0 || size > LARGEST_CHUNK) {
      throw new BrokenDataException("a chunk at " + offset + " is not a frame of zstd");
    }
    try {
      return Zstd.decompress(packed, (int) size);
    } catch (ZstdException e) {
      throw new BrokenDataException("a chunk at " + offset + " is broken: " + e.getMessage());
    }
  }

  private String[] strings() throws IOException {
    String[] known = strings;
    if (known == null) {
      Input in = chunk(RowGroupMeta.STRINGS);
      known = Strings.read(in, in.count());
      strings = known;
    }
    return known;
  }

  private TraceRows traces() throws IOException {
    TraceRows known = traces;
    if (known == null) {
      Input in = chunk(RowGroupMeta.TRACES);
      known = new TraceRows(meta.traces());
      for (int i = 0; i < meta.traces(); i++) {
        known.ids[i] = new TraceId(in.u64(), in.u64());
        known.rows[i + 1] = known.rows[i] + (int) in.varint();
        known.starts[i] = in.u64();
      }
      if (known.rows[meta.traces()] != meta.spans()) {
        throw new BrokenDataException("a row group's traces do not add up to its spans");
      }
      traces = known;
    }
    return known;
  }

  private BaseRows base() throws IOException {
    BaseRows known = base;
    if (known == null) {
      Input in = chunk(RowGroupMeta.BASE);
      known = new BaseRows(meta.spans());
      for (int row = 0; row < meta.spans(); row++) {
        known.name[row] = (int) in.varint();
        known.resource[row] = (int) in.varint();
        known.scope[row] = (int) in.varint();
        known.kindAndStatus[row] = (byte) in.u8();
      }
      base = known;
    }
    return known;
  }

  /** Start and duration of each row. */
  private long[] times() throws IOException {
    long[] known = times;
    if (known == null) {
      Input in = chunk(RowGroupMeta.TIMES);
      TraceRows of = traces();
      known = new long[2 * meta.spans()];
      for (int trace = 0; trace < meta.traces(); trace++) {
        long last = of.starts[trace];
        for (int row = of.rows[trace]; row < of.rows[trace + 1]; row++) {
          last += in.varint();
          known[2 * row] = last;
          known[2 * row + 1] = in.varint();
        }
      }
      times = known;
    }
    return known;
  }

  private List<Map<String, Object>> resources() throws IOException {
    List<Map<String, Object>> known = resources;
    if (known == null) {
      Input in = chunk(RowGroupMeta.RESOURCES);
      known = new ArrayList<>();
      for (int left = in.count(); left > 0; left--) {
        known.add(Map.copyOf(Strings.attributes(in, strings())));
      }
      resources = known;
    }
    return known;
  }

  private Map<String, Integer> keys() throws IOException {
    Map<String, Integer> known = keys;
    if (known == null) {
      Input in = chunk(RowGroupMeta.KEYS);
      String[] texts = strings();
      known = new HashMap<>();
      int size = in.count();
      for (int i = 0; i < size; i++) {
        known.put(texts[in.index(texts.length)], i);
      }
      for (int left = in.count(); left > 0; left--) {
        eventKeys.add(texts[in.index(texts.length)]);
      }
      keys = known;
    }
    return known;
  }

  int traceCount() {
    return meta.traces();
  }

  TraceId trace(int number) throws IOException {
    if (number < 0 || number >= meta.traces()) {
      throw new BrokenDataException("a trace has the number " + number + " of " + meta.traces());
    }
    return traces().ids[number];
  }

  /** When the trace's first span of this group started. */
  long start(int number) throws IOException {
    return traces().starts[number];
  }

  /** The numbers of the traces that have one span which meets every condition. */
  BitSet search(TraceQuery query) throws IOException {
    BitSet rows = rows(query);
    BitSet found = new BitSet(meta.traces());
    TraceRows of = traces();
    boolean unsure = false;
    for (String tag : query.tags().keySet()) {
      unsure |= needsSpans(tag);
    }
    int trace = 0;
    for (int row = rows.nextSetBit(0); row >= 0; row = rows.nextSetBit(row + 1)) {
      while (of.rows[trace + 1] <= row) {
        trace++;
      }
      if (!unsure || spans(trace).stream().anyMatch(query::matches)) {
        found.set(trace);
      }
      row = of.rows[trace + 1] - 1;
    }
    return found;
  }

  /** Whether the tag may be where no column tells. */
  private boolean needsSpans(String tag) throws IOException {
    boolean column = keys().containsKey(tag);
    return FIELDS.contains(tag) || (tag.equals("error") && column) || eventKeys.contains(tag);
  }

  /**
   * The rows that may meet every condition: certainly so, unless a tag of the query may be in what
   * only the whole span tells.
   */
  private BitSet rows(TraceQuery query) throws IOException {
    BitSet rows = new BitSet(meta.spans());
    rows.set(0, meta.spans());
    if (query.service() != null) {
      byService(rows, query.service());
    }
    if (query.operation() != null && !rows.isEmpty()) {
      byName(rows, query.operation());
    }
    boolean always =
        query.startEpochNanos() <= meta.minStart()
            && query.endEpochNanos() >= meta.maxStart()
            && query.minNanos() <= 0
            && query.maxNanos() >= meta.maxDuration();
    if (!always && !rows.isEmpty()) {
      long[] of = times();
      for (int row = rows.nextSetBit(0); row >= 0; row = rows.nextSetBit(row + 1)) {
        long start = of[2 * row];
        long duration = of[2 * row + 1];
        if (start < query.startEpochNanos()
            || start > query.endEpochNanos()
            || duration < query.minNanos()
            || duration > query.maxNanos()) {
          rows.clear(row);
        }
      }
    }
    for (Map.Entry<String, String> tag : query.tags().entrySet()) {
      if (!rows.isEmpty() && !needsSpans(tag.getKey())) {
        rows.and(byTag(tag.getKey(), tag.getValue()));
      }
    }
    return rows;
  }

  private void byService(BitSet rows, String service) throws IOException {
    List<Map<String, Object>> of = resources();
    BitSet wanted = new BitSet(of.size());
    for (int i = 0; i < of.size(); i++) {
      Object name = of.get(i).get("service.name");
      if (service.equals(name instanceof String s ? s : "unknown_service")) {
        wanted.set(i);
      }
    }
    if (wanted.isEmpty()) {
      rows.clear();
      return;
    }
    int[] resource = base().resource;
    for (int row = rows.nextSetBit(0); row >= 0; row = rows.nextSetBit(row + 1)) {
      if (!wanted.get(resource[row])) {
        rows.clear(row);
      }
    }
  }

  private void byName(BitSet rows, String operation) throws IOException {
    int wanted = List.of(strings()).indexOf(operation);
    int[] name = base().name;
    for (int row = rows.nextSetBit(0); row >= 0; row = rows.nextSetBit(row + 1)) {
      if (name[row] != wanted) {
        rows.clear(row);
      }
    }
  }

  private BitSet byTag(String key, String value) throws IOException {
    BitSet rows = new BitSet(meta.spans());
    Integer column = keys().get(key);
    if (column != null) {
      byColumn(column, value, rows);
    }
    byFields(key, value, rows);
    if (!key.equals("service.name")) {
      List<Map<String, Object>> of = resources();
      BitSet wanted = new BitSet(of.size());
      for (int i = 0; i < of.size(); i++) {
        Object held = of.get(i).get(key);
        if (held != null && value.equals(JaegerJson.text(held))) {
          wanted.set(i);
        }
      }
      if (!wanted.isEmpty()) {
        int[] resource = base().resource;
        for (int row = 0; row < resource.length; row++) {
          if (wanted.get(resource[row])) {
            rows.set(row);
          }
        }
      }
    }
    return rows;
  }

  private void byColumn(int number, String value, BitSet into) throws IOException {
    Input in = column(number);
    int count = in.count();
    int form = in.u8();
    int[] rows = columnRows(in, count);
    String[] texts = strings();
    switch (form) {
      case RowGroupWriter.ALL_STRINGS -> {
        int wanted = List.of(texts).indexOf(value);
        for (int i = 0; i < count; i++) {
          if (in.varint() == wanted) {
            into.set(rows[i]);
          }
        }
      }
      case RowGroupWriter.ALL_LONGS -> {
        for (int i = 0; i < count; i++) {
          if (value.equals(Long.toString(in.zigzag()))) {
            into.set(rows[i]);
          }
        }
      }
      default -> {
        for (int i = 0; i < count; i++) {
          if (value.equals(JaegerJson.text(Strings.value(in, texts)))) {
            into.set(rows[i]);
          }
        }
      }
    }
  }

  private int[] columnRows(Input in, int count) {
    int[] rows = new int[count];
    int row = -1;
    for (int i = 0; i < count; i++) {
      row += (int) in.varint();
      if (row < 0 || row >= meta.spans()) {
        throw new BrokenDataException("a column has the row " + row + " of " + meta.spans());
      }
      rows[i] = row;
    }
    return rows;
  }

  /** Tags that kind and status stand for. */
  private void byFields(String key, String value, BitSet into) throws IOException {
    if (!key.equals("span.kind") && !key.equals("error") && !key.equals("otel.status_code")) {
      return;
    }
    byte[] of = base().kindAndStatus;
    for (int row = 0; row < of.length; row++) {
      boolean has =
          switch (key) {
            case "span.kind" ->
                SpanRows.kind(of[row]) != Span.Kind.UNSPECIFIED
                    && value.equals(SpanRows.kind(of[row]).name().toLowerCase(Locale.ROOT));
            case "error" -> value.equals("true") && SpanRows.status(of[row]) == Span.Status.ERROR;
            default ->
                SpanRows.status(of[row]) != Span.Status.UNSET
                    && value.equals(SpanRows.status(of[row]).name());
          };
      if (has) {
        into.set(row);
      }
    }
  }

  /** The spans of one of the traces, whole. */
  List<Span> spans(int trace) throws IOException {
    // Columns are read from their begin: who asks for several is served better by all at once.
    if (whole == null && ++asked > ASKED_ONE_BY_ONE) {
      whole = all();
    }
    if (whole != null) {
      return whole.get(trace);
    }
    TraceRows of = traces();
    return spans(trace, trace + 1, of.rows[trace], of.rows[trace + 1]).getFirst();
  }

  /** The spans of every trace, whole. */
  List<List<Span>> all() throws IOException {
    return spans(0, meta.traces(), 0, meta.spans());
  }

  private List<List<Span>> spans(int fromTrace, int toTrace, int fromRow, int toRow)
      throws IOException {
    TraceRows of = traces();
    String[] texts = strings();
    BaseRows basic = base();
    long[] time = times();
    List<Map<String, Object>> processes = resources();
    List<Map<String, Object>> attributes = attributes(fromRow, toRow);
    Input ids = chunk(RowGroupMeta.IDS);
    Input rest = chunk(RowGroupMeta.REST);
    List<List<Span>> all = new ArrayList<>(toTrace - fromTrace);
    for (int trace = 0; trace < toTrace; trace++) {
      int begin = of.rows[trace];
      int end = of.rows[trace + 1];
      long[] own = new long[end - begin];
      long[] parents = new long[end - begin];
      int[] places = new int[end - begin];
      for (int i = 0; i < own.length; i++) {
        own[i] = ids.u64();
        long parent = ids.varint();
        places[i] = (int) parent - 2;
        parents[i] = parent == 1 ? ids.u64() : 0;
      }
      List<Span> spans = new ArrayList<>(trace < fromTrace ? 0 : own.length);
      for (int i = 0; i < own.length; i++) {
        int row = begin + i;
        long start = time[2 * row];
        SpanRows.Rest more = SpanRows.rest(rest, texts, start);
        if (trace < fromTrace) {
          continue;
        }
        if (places[i] >= own.length) {
          throw new BrokenDataException("a span's parent is not in its trace");
        }
        spans.add(
            new Span(
                of.ids[trace].high(),
                of.ids[trace].low(),
                own[i],
                places[i] >= 0 ? own[places[i]] : parents[i],
                text(texts, basic.name[row]),
                SpanRows.kind(basic.kindAndStatus[row]),
                start,
                start + time[2 * row + 1],
                attributes.get(row - fromRow),
                more.events(),
                more.links(),
                SpanRows.status(basic.kindAndStatus[row]),
                more.statusMessage(),
                more.traceState(),
                resource(processes, basic.resource[row]),
                text(texts, basic.scope[row])));
      }
      if (trace >= fromTrace) {
        all.add(spans);
      }
    }
    return all;
  }

  private static String text(String[] texts, int number) {
    if (number < 0 || number >= texts.length) {
      throw new BrokenDataException("a string has the number " + number + " of " + texts.length);
    }
    return texts[number];
  }

  private static Map<String, Object> resource(List<Map<String, Object>> all, int number) {
    if (number < 0 || number >= all.size()) {
      throw new BrokenDataException("a resource has the number " + number + " of " + all.size());
    }
    return all.get(number);
  }

  private List<Map<String, Object>> attributes(int fromRow, int toRow) throws IOException {
    List<Map<String, Object>> attributes = new ArrayList<>(toRow - fromRow);
    for (int row = fromRow; row < toRow; row++) {
      attributes.add(new HashMap<>());
    }
    String[] texts = strings();
    for (Map.Entry<String, Integer> key : keys().entrySet()) {
      Input in = column(key.getValue());
      int count = in.count();
      int form = in.u8();
      int[] rows = columnRows(in, count);
      for (int i = 0; i < count && rows[i] < toRow; i++) {
        Object value =
            switch (form) {
              case RowGroupWriter.ALL_STRINGS -> texts[in.index(texts.length)];
              case RowGroupWriter.ALL_LONGS -> in.zigzag();
              default -> Strings.value(in, texts);
            };
        if (rows[i] >= fromRow) {
          attributes.get(rows[i] - fromRow).put(key.getKey(), value);
        }
      }
    }
    return attributes;
  }
}
