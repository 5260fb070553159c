// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store.block;

import java.nio.ByteBuffer;

/**
 * Whether something may be in a set: a Bloom filter in blocks of 64 bytes, so that a look-up reads
 * one of them. Ten bits an element give about one percent of false alarms.
 */
final class Bloom {
  static final int BLOCK = 64;
  private static final int BITS_AN_ELEMENT = 10;
  private static final int PROBES = 6;

  private final byte[] bits;

  private Bloom(byte[] bits) {
    this.bits = bits;
  }

  static Bloom of(long[] hashes, int count) {
    int blocks = Math.max(1, (int) ((long) count * BITS_AN_ELEMENT / (8 * BLOCK)) + 1);
    Bloom bloom = new Bloom(new byte[blocks * BLOCK]);
    for (int i = 0; i < count; i++) {
      int block = block(hashes[i], blocks) * BLOCK;
      for (int probe = 0; probe < PROBES; probe++) {
        int bit = bit(hashes[i], probe);
        bloom.bits[block + (bit >> 3)] |= (byte) (1 << (bit & 7));
      }
    }
    return bloom;
  }

  byte[] bytes() {
    return bits;
  }

  /** Which block of a filter with so many an element is in. */
  static int block(long hash, int blocks) {
    return (int) Math.unsignedMultiplyHigh(hash, blocks);
  }

  /** Nine bits of the hash for each probe; the block takes the high bits. */
  private static int bit(long hash, int probe) {
    return (int) (hash >>> 9 * probe) & (8 * BLOCK - 1);
  }

  /** Whether the element may be in, by its block's bytes. */
  static boolean mayContain(ByteBuffer block, long hash) {
    for (int probe = 0; probe < PROBES; probe++) {
      int bit = bit(hash, probe);
      if ((block.get(bit >> 3) & 1 << (bit & 7)) == 0) {
        return false;
      }
    }
    return true;
  }

  /** Spreads a number over 64 bits (the finaliser of SplitMix64). */
  static long mix(long value) {
    long z = value + 0x9e3779b97f4a7c15L;
    z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }

  static long hash(String key, String value) {
    return mix(31 * hash(key) + hash(value));
  }

  private static long hash(String text) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * 0x100000001b3L;
    }
    return hash;
  }
}
