// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store.block;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Reads what {@link Output} wrote; whatever the bytes are, it stays within them. */
final class Input {
  private final byte[] bytes;
  private int at;

  Input(byte[] bytes) {
    this.bytes = bytes;
  }

  int position() {
    return at;
  }

  boolean hasMore() {
    return at < bytes.length;
  }

  private void need(int more) {
    if (more < 0 || bytes.length - at < more) {
      throw new BrokenDataException(
          "wanted " + more + " bytes at " + at + " of " + bytes.length + ", which end before");
    }
  }

  int u8() {
    need(1);
    return bytes[at++] & 0xff;
  }

  int u32() {
    need(4);
    int value = ByteBuffer.wrap(bytes).getInt(at);
    at += 4;
    return value;
  }

  long u64() {
    need(8);
    long value = ByteBuffer.wrap(bytes).getLong(at);
    at += 8;
    return value;
  }

  long varint() {
    long value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      int next = u8();
      value |= (long) (next & 0x7f) << shift;
      if (next < 0x80) {
        return value;
      }
    }
    throw new BrokenDataException("an integer before byte " + at + " does not end");
  }

  long zigzag() {
    long value = varint();
    return value >>> 1 ^ -(value & 1);
  }

  /** A number of elements, of which each has at least one byte. */
  int count() {
    long count = varint();
    if (count < 0 || count > bytes.length - at) {
      throw new BrokenDataException("a count of " + count + " before byte " + at + " is too high");
    }
    return (int) count;
  }

  /** An index below a bound. */
  int index(int bound) {
    long index = varint();
    if (index < 0 || index >= bound) {
      throw new BrokenDataException("an index of " + index + " is not below " + bound);
    }
    return (int) index;
  }

  String string() {
    int length = count();
    String text = new String(bytes, at, length, StandardCharsets.UTF_8);
    at += length;
    return text;
  }

  void skip(int more) {
    need(more);
    at += more;
  }
}
