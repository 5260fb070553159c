// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store.block;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.store.TraceId;
import io.flotilla.telemetry.store.TraceQuery;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * One block on disk, immutable. Safe for use by several threads; of its bytes only the footer stays
 * in memory.
 */
final class Block implements AutoCloseable {
  static final String SUFFIX = ".block";
  static final String UNFINISHED = ".part";
  private static final int LARGEST_FOOTER = 256 << 20;

  private final Path path;
  private final FileChannel file;
  private final BlockMeta meta;
  private final long size;

  private Block(Path path, FileChannel file, BlockMeta meta, long size) {
    this.path = path;
    this.file = file;
    this.meta = meta;
    this.size = size;
  }

  static String name(long id) {
    return "%016d".formatted(id) + SUFFIX;
  }

  /**
   * Opens a block.
   *
   * @throws BrokenDataException if the file is not a whole block
   */
  static Block open(Path path) throws IOException {
    FileChannel file = FileChannel.open(path, StandardOpenOption.READ);
    try {
      long size = file.size();
      if (size < BlockWriter.TAIL) {
        throw new BrokenDataException(path + " is too short for a block");
      }
      ByteBuffer tail = ByteBuffer.allocate(BlockWriter.TAIL);
      readFully(file, tail, size - BlockWriter.TAIL);
      int length = tail.getInt(0);
      if (tail.getLong(12) != BlockWriter.MAGIC
          || length < 0
          || length > Math.min(LARGEST_FOOTER, size - BlockWriter.TAIL)) {
        throw new BrokenDataException(path + " does not end as a block does");
      }
      byte[] footer = new byte[length];
      readFully(file, ByteBuffer.wrap(footer), size - BlockWriter.TAIL - length);
      CRC32C crc = new CRC32C();
      crc.update(footer);
      if (crc.getValue() != tail.getLong(4)) {
        throw new BrokenDataException(path + " has a footer whose checksum is wrong");
      }
      long unpacked = Zstd.getFrameContentSize(footer);
      if (unpacked < 0 || unpacked > LARGEST_FOOTER) {
        throw new BrokenDataException(path + " has a footer of an impossible size");
      }
      return new Block(path, file, BlockMeta.read(Zstd.decompress(footer, (int) unpacked)), size);
    } catch (ZstdException e) {
      file.close();
      throw new BrokenDataException(path + " has a broken footer: " + e.getMessage());
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** Fills the buffer from a place in the file. */
  static void readFully(FileChannel file, ByteBuffer into, long offset) throws IOException {
    long at = offset;
    while (into.hasRemaining()) {
      int read = file.read(into, at);
      if (read < 0) {
        throw new EOFException("a file ends at " + at + ", within what it should hold");
      }
      at += read;
    }
    into.flip();
  }

  /** Makes a folder's entries outlive the machine. */
  static void force(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  BlockMeta meta() {
    return meta;
  }

  Path path() {
    return path;
  }

  long size() {
    return size;
  }

  /** The row groups that one query has read; the last few are kept. Used by one thread. */
  static final class Groups {
    private static final int KEPT = 16;

    private record Key(Block block, int group) {}

    private final LinkedHashMap<Key, RowGroup> kept = new LinkedHashMap<>(32, 0.75f, true);

    private RowGroup of(Block block, int number) {
      RowGroup group = kept.computeIfAbsent(new Key(block, number), k -> block.group(number));
      if (kept.size() > KEPT) {
        kept.pollFirstEntry();
      }
      return group;
    }
  }

  /** What the block has of the trace; empty where it has nothing. */
  List<Span> find(TraceId trace) throws IOException {
    return find(trace, new Groups());
  }

  /** The same for a query that looks for many. */
  List<Span> find(TraceId trace, Groups groups) throws IOException {
    long hash = BlockWriter.hash(trace);
    if (!mayContain(meta.traceBloomOffset(), meta.traceBloomBlocks(), hash)) {
      return List.of();
    }
    long low = 0;
    long high = meta.traces();
    ByteBuffer entry = ByteBuffer.allocate(BlockWriter.INDEX_ENTRY);
    while (low < high) {
      long middle = (low + high) >>> 1;
      if (Long.compareUnsigned(entry(middle, entry).getLong(0), hash) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    for (; low < meta.traces() && entry(low, entry).getLong(0) == hash; low++) {
      int where = entry.getInt(8);
      if (where < 0 || where >= meta.groups().size()) {
        throw new BrokenDataException(path + " has a trace in the row group " + where);
      }
      RowGroup group = groups.of(this, where);
      int number = entry.getInt(12);
      if (group.trace(number).equals(trace)) {
        return group.spans(number);
      }
    }
    return List.of();
  }

  private ByteBuffer entry(long number, ByteBuffer into) throws IOException {
    into.clear();
    readFully(file, into, meta.traceIndex() + number * BlockWriter.INDEX_ENTRY);
    return into;
  }

  private boolean mayContain(long offset, int blocks, long hash) throws IOException {
    ByteBuffer bits = ByteBuffer.allocate(Bloom.BLOCK);
    readFully(file, bits, offset + (long) Bloom.block(hash, blocks) * Bloom.BLOCK);
    return Bloom.mayContain(bits, hash);
  }

  /**
   * Takes the traces that a search finds; may tell from which start on older ones do not matter.
   */
  interface Found {
    /** The earliest start that is still wanted. */
    long notBefore();

    /** A trace, by its place in its group. */
    void take(RowGroup group, int trace) throws IOException;
  }

  /** Gives the traces that have one span which meets every condition, roughly the latest first. */
  void search(TraceQuery query, Groups kept, Found found) throws IOException {
    if (meta.maxStart() < query.startEpochNanos()
        || meta.minStart() > query.endEpochNanos()
        || (query.service() != null && !meta.operations().containsKey(query.service()))) {
      return;
    }
    List<RowGroupMeta> groups = meta.groups();
    // In the order of their traces' start, as they were written: the last ones are the latest.
    for (int number = groups.size() - 1; number >= 0; number--) {
      RowGroupMeta group = groups.get(number);
      if (group.latestTrace() < found.notBefore()) {
        return;
      }
      if (mayHave(group, query)) {
        RowGroup read = kept.of(this, number);
        BitSet traces = read.search(query);
        for (int t = traces.length() - 1; t >= 0; t = traces.previousSetBit(t - 1)) {
          found.take(read, t);
        }
      }
    }
  }

  private boolean mayHave(RowGroupMeta group, TraceQuery query) throws IOException {
    if (group.maxStart() < query.startEpochNanos()
        || group.minStart() > query.endEpochNanos()
        || group.maxDuration() < query.minNanos()) {
      return false;
    }
    for (Map.Entry<String, String> tag : query.tags().entrySet()) {
      if (tag.getValue().length() <= RowGroupWriter.INDEXED_CHARACTERS
          && !mayContain(
              group.bloomOffset(), group.bloomBlocks(), Bloom.hash(tag.getKey(), tag.getValue()))) {
        return false;
      }
    }
    return true;
  }

  /** Reads one of its row groups. */
  RowGroup group(int number) {
    return new RowGroup(file, meta.groups().get(number));
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
