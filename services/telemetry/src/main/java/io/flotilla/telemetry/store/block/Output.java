// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store.block;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Bytes that grow: integers of variable length (LEB128), strings with their length before them. */
final class Output {
  private byte[] bytes;
  private int size;

  Output(int expected) {
    this.bytes = new byte[Math.max(16, expected)];
  }

  int size() {
    return size;
  }

  private void reserve(int more) {
    if (bytes.length - size < more) {
      bytes = Arrays.copyOf(bytes, Math.max(size + more, bytes.length * 2));
    }
  }

  void u8(int value) {
    reserve(1);
    bytes[size++] = (byte) value;
  }

  void u32(int value) {
    reserve(4);
    ByteBuffer.wrap(bytes).putInt(size, value);
    size += 4;
  }

  void u64(long value) {
    reserve(8);
    ByteBuffer.wrap(bytes).putLong(size, value);
    size += 8;
  }

  /** Unsigned, seven bits a byte. */
  void varint(long value) {
    reserve(10);
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      bytes[size++] = (byte) (rest & 0x7f | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
  }

  /** Signed, so that small absolute values are short. */
  void zigzag(long value) {
    varint(value << 1 ^ value >> 63);
  }

  void string(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    varint(utf8.length);
    raw(utf8);
  }

  void raw(byte[] more) {
    reserve(more.length);
    System.arraycopy(more, 0, bytes, size, more.length);
    size += more.length;
  }

  void set32(int at, int value) {
    ByteBuffer.wrap(bytes).putInt(at, value);
  }

  ByteBuffer view(int from, int to) {
    return ByteBuffer.wrap(bytes, from, to - from);
  }

  byte[] array() {
    return Arrays.copyOf(bytes, size);
  }
}
