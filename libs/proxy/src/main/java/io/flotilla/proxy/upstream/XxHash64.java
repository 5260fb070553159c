// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The 64-bit hash by which Envoy places endpoints and requests on rings and tables (the xxHash fast
 * digest algorithm's specification, "XXH64"), so that a key reaches the same endpoint through
 * either proxy.
 */
public final class XxHash64 {
  private static final long P1 = 0x9E3779B185EBCA87L;
  private static final long P2 = 0xC2B2AE3D27D4EB4FL;
  private static final long P3 = 0x165667B19E3779F9L;
  private static final long P4 = 0x85EBCA77C2B2AE63L;
  private static final long P5 = 0x27D4EB2F165667C5L;
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private XxHash64() {}

  /** Of a text's bytes. */
  public static long hash(String text, long seed) {
    return hash(text.getBytes(StandardCharsets.UTF_8), seed);
  }

  static long hash(byte[] in, long seed) {
    int at = 0;
    long h;
    if (in.length >= 32) {
      long a = seed + P1 + P2;
      long b = seed + P2;
      long c = seed;
      long d = seed - P1;
      for (; at <= in.length - 32; at += 32) {
        a = round(a, (long) LONGS.get(in, at));
        b = round(b, (long) LONGS.get(in, at + 8));
        c = round(c, (long) LONGS.get(in, at + 16));
        d = round(d, (long) LONGS.get(in, at + 24));
      }
      h =
          Long.rotateLeft(a, 1)
              + Long.rotateLeft(b, 7)
              + Long.rotateLeft(c, 12)
              + Long.rotateLeft(d, 18);
      h = merge(merge(merge(merge(h, a), b), c), d);
    } else {
      h = seed + P5;
    }
    h += in.length;
    for (; at <= in.length - 8; at += 8) {
      h = Long.rotateLeft(h ^ round(0, (long) LONGS.get(in, at)), 27) * P1 + P4;
    }
    if (at <= in.length - 4) {
      h = Long.rotateLeft(h ^ ((int) INTS.get(in, at) & 0xFFFF_FFFFL) * P1, 23) * P2 + P3;
      at += 4;
    }
    for (; at < in.length; at++) {
      h = Long.rotateLeft(h ^ (in[at] & 0xFF) * P5, 11) * P1;
    }
    h = (h ^ (h >>> 33)) * P2;
    h = (h ^ (h >>> 29)) * P3;
    return h ^ (h >>> 32);
  }

  private static long round(long accumulator, long lane) {
    return Long.rotateLeft(accumulator + lane * P2, 31) * P1;
  }

  private static long merge(long h, long accumulator) {
    return (h ^ round(0, accumulator)) * P1 + P4;
  }
}
