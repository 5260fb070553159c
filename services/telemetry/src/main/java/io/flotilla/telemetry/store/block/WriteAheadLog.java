// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store.block;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Batches in the order of their arrival, in numbered segments. A record is its length, its CRC-32C
 * and its bytes; a reader stops at the first record that is not whole, which is where a crash cut
 * the last write off. Used by one thread at a time.
 */
final class WriteAheadLog implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(WriteAheadLog.class);
  private static final String SUFFIX = ".wal";
  private static final int HEADER = 8;
  private static final int LARGEST_RECORD = 256 << 20;

  private final Path folder;
  private long segment;
  private @Nullable FileChannel channel;
  private long size;

  /** Opens the folder; the next segment is above all that are there, and above another number. */
  WriteAheadLog(Path folder, long above) throws IOException {
    this.folder = folder;
    Files.createDirectories(folder);
    this.segment = segments().stream().mapToLong(Long::longValue).reduce(above, Math::max);
  }

  /** The numbers of the segments on disk, ascending. */
  List<Long> segments() throws IOException {
    List<Long> numbers = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if (name.matches("\\d{12}" + SUFFIX.replace(".", "\\."))) {
          numbers.add(Long.parseLong(name.substring(0, 12)));
        }
      }
    }
    numbers.sort(null);
    return numbers;
  }

  private Path file(long number) {
    return folder.resolve("%012d".formatted(number) + SUFFIX);
  }

  /** Ends the current segment; the number of the one that follows. */
  long cut() throws IOException {
    close();
    channel =
        FileChannel.open(file(++segment), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    size = 0;
    return segment;
  }

  /**
   * Appends a record. When it returns, the record outlives this process; the machine as well once
   * the system has written its pages.
   *
   * @throws IOException if it could not be written, and then nothing of it is left
   */
  void append(byte[] payload) throws IOException {
    FileChannel open = channel;
    if (open == null) {
      throw new IOException("the write-ahead log has no segment");
    }
    Output record = new Output(HEADER + payload.length);
    record.u32(payload.length);
    record.u32(crc(payload));
    record.raw(payload);
    ByteBuffer bytes = record.view(0, record.size());
    try {
      while (bytes.hasRemaining()) {
        open.write(bytes, size + bytes.position());
      }
    } catch (IOException e) {
      open.truncate(size);
      throw e;
    }
    size += record.size();
  }

  /** Gives the whole records of a segment; what follows the last of them is ignored. */
  void replay(long number, Consumer<byte[]> record) throws IOException {
    byte[] all = Files.readAllBytes(file(number));
    ByteBuffer in = ByteBuffer.wrap(all);
    while (in.remaining() >= HEADER) {
      int length = in.getInt();
      int crc = in.getInt();
      if (length < 0 || length > LARGEST_RECORD || length > in.remaining()) {
        LOG.warnf("%s ends within a record, as after a crash", file(number));
        return;
      }
      byte[] payload = new byte[length];
      in.get(payload);
      if (crc(payload) != crc) {
        LOG.warnf(
            "%s has a record whose checksum is wrong; nothing after it is read", file(number));
        return;
      }
      record.accept(payload);
    }
  }

  void delete(long number) throws IOException {
    Files.deleteIfExists(file(number));
  }

  /** Bytes of the current segment. */
  long size() {
    return size;
  }

  private static int crc(byte[] payload) {
    CRC32C crc = new CRC32C();
    crc.update(payload);
    return (int) crc.getValue();
  }

  @Override
  public void close() throws IOException {
    if (channel != null) {
      channel.force(false);
      channel.close();
      channel = null;
    }
  }
}
