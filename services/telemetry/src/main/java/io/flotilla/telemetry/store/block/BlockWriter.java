// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store.block;

import com.github.luben.zstd.ZstdCompressCtx;
import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.store.CallCounts;
import io.flotilla.telemetry.store.Operation;
import io.flotilla.telemetry.store.Trace;
import io.flotilla.telemetry.store.TraceId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Writes a block: row groups in the order of their traces' start, the index of trace ids, a Bloom
 * filter over them, the footer, and twenty bytes that say where it begins, its checksum and that
 * this is a block. The file has its final name only when all of it is on the disk.
 */
final class BlockWriter implements AutoCloseable {
  static final long MAGIC = 0x464c4f54424c4b31L;
  static final int TAIL = 20;
  static final int INDEX_ENTRY = 16;
  private static final int SPANS_OF_A_GROUP = 2_048;

  private final Path folder;
  private final Path file;
  private final Path unfinished;
  private final long id;
  private final FileChannel out;
  private final ZstdCompressCtx zstd = new ZstdCompressCtx();
  private final List<RowGroupMeta> groups = new ArrayList<>();
  private final List<IndexEntry> index = new ArrayList<>();
  private final Map<String, Set<Operation>> operations = new TreeMap<>();
  private @Nullable RowGroupWriter group;
  private int tracesOfGroup;
  private long offset;
  private long spans;

  private record IndexEntry(long hash, int group, int trace) {}

  BlockWriter(Path folder, long id) throws IOException {
    this.id = id;
    this.folder = folder;
    this.file = folder.resolve(Block.name(id));
    this.unfinished = folder.resolve(Block.name(id) + Block.UNFINISHED);
    this.out =
        FileChannel.open(
            unfinished,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE);
  }

  /** What the index of trace ids is sorted by. */
  static long hash(TraceId trace) {
    return Bloom.mix(trace.high() * 31 + trace.low());
  }

  /** Adds a trace; traces come in the order of their start. */
  void add(Trace trace) throws IOException {
    RowGroupWriter open = group;
    if (open == null) {
      open = new RowGroupWriter();
      group = open;
      tracesOfGroup = 0;
    }
    open.add(trace);
    index.add(new IndexEntry(hash(trace.id()), groups.size(), tracesOfGroup++));
    spans += trace.spans().size();
    for (Span span : trace.spans()) {
      operations
          .computeIfAbsent(span.serviceName(), s -> new HashSet<>())
          .add(new Operation(span.name(), span.kind()));
    }
    if (open.spans() >= SPANS_OF_A_GROUP) {
      endGroup();
    }
  }

  private void endGroup() throws IOException {
    RowGroupWriter full = group;
    if (full != null) {
      Output bytes = new Output(1 << 20);
      groups.add(full.finish(offset, bytes, zstd));
      put(bytes);
      group = null;
    }
  }

  private void put(Output bytes) throws IOException {
    ByteBuffer view = bytes.view(0, bytes.size());
    while (view.hasRemaining()) {
      out.write(view);
    }
    offset += bytes.size();
  }

  /** Ends the block, puts it on the disk and gives it its name. */
  BlockMeta finish(int level, long through, List<Long> replaces, List<CallCounts.Count> calls)
      throws IOException {
    endGroup();
    index.sort(Comparator.comparing(IndexEntry::hash, Long::compareUnsigned));
    long indexOffset = offset;
    Output entries = new Output(index.size() * INDEX_ENTRY);
    long[] hashes = new long[index.size()];
    for (int i = 0; i < hashes.length; i++) {
      IndexEntry entry = index.get(i);
      hashes[i] = entry.hash;
      entries.u64(entry.hash);
      entries.u32(entry.group);
      entries.u32(entry.trace);
    }
    put(entries);
    long bloomOffset = offset;
    Bloom bloom = Bloom.of(hashes, hashes.length);
    Output filter = new Output(bloom.bytes().length);
    filter.raw(bloom.bytes());
    put(filter);
    BlockMeta meta =
        new BlockMeta(
            id,
            level,
            through,
            replaces,
            index.size(),
            spans,
            groups.stream().mapToLong(RowGroupMeta::minStart).min().orElse(0),
            groups.stream().mapToLong(RowGroupMeta::maxStart).max().orElse(0),
            groups.stream().mapToLong(RowGroupMeta::latestTrace).max().orElse(0),
            indexOffset,
            bloomOffset,
            bloom.bytes().length / Bloom.BLOCK,
            operations,
            calls,
            groups);
    byte[] footer = zstd.compress(meta.write());
    CRC32C crc = new CRC32C();
    crc.update(footer);
    Output tail = new Output(footer.length + TAIL);
    tail.raw(footer);
    tail.u32(footer.length);
    tail.u64(crc.getValue());
    tail.u64(MAGIC);
    put(tail);
    out.force(true);
    out.close();
    Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    Block.force(folder);
    return meta;
  }

  /** Leaves nothing behind of a block that was not finished. */
  @Override
  public void close() throws IOException {
    zstd.close();
    out.close();
    Files.deleteIfExists(unfinished);
  }
}
