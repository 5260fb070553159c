// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store.block;

/**
 * Where a row group is in its block, and what can be said of it without reading it.
 *
 * @param offset of its first chunk in the file
 * @param chunks the lengths of its fixed chunks, which follow each other
 * @param columns the lengths of the attribute columns, which follow the chunks
 * @param bloomOffset of the Bloom filter over its tags
 * @param minStart the earliest start of a span, and so on
 * @param latestTrace the latest first start of a trace
 */
record RowGroupMeta(
    long offset,
    int[] chunks,
    int[] columns,
    long bloomOffset,
    int bloomBlocks,
    int spans,
    int traces,
    long minStart,
    long maxStart,
    long maxDuration,
    long latestTrace) {

  static final int STRINGS = 0;
  static final int TRACES = 1;
  static final int IDS = 2;
  static final int TIMES = 3;
  static final int BASE = 4;
  static final int RESOURCES = 5;
  static final int REST = 6;
  static final int KEYS = 7;
  static final int CHUNKS = 8;

  void write(Output out) {
    out.u64(offset);
    for (int chunk : chunks) {
      out.varint(chunk);
    }
    out.varint(columns.length);
    for (int column : columns) {
      out.varint(column);
    }
    out.u64(bloomOffset);
    out.varint(bloomBlocks);
    out.varint(spans);
    out.varint(traces);
    out.u64(minStart);
    out.u64(maxStart);
    out.u64(maxDuration);
    out.u64(latestTrace);
  }

  static RowGroupMeta read(Input in) {
    long offset = in.u64();
    int[] chunks = new int[CHUNKS];
    for (int i = 0; i < CHUNKS; i++) {
      chunks[i] = (int) in.varint();
    }
    int[] columns = new int[in.count()];
    for (int i = 0; i < columns.length; i++) {
      columns[i] = (int) in.varint();
    }
    return new RowGroupMeta(
        offset,
        chunks,
        columns,
        in.u64(),
        (int) in.varint(),
        (int) in.varint(),
        (int) in.varint(),
        in.u64(),
        in.u64(),
        in.u64(),
        in.u64());
  }
}
