// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.detect;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** HTTP by its first bytes: HTTP/2's preface (RFC 9113, section 3.4), or a method and a space. */
public enum HttpSniff {
  INCOMPLETE,
  HTTP1,
  HTTP2,
  OTHER;

  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final int LONGEST_METHOD = 20;

  /** What the bytes so far say; moves no index. */
  public static HttpSniff of(ByteBuf in) {
    int n = in.readableBytes();
    int prefix = 0;
    while (prefix < n
        && prefix < PREFACE.length
        && in.getByte(in.readerIndex() + prefix) == PREFACE[prefix]) {
      prefix++;
    }
    if (prefix == PREFACE.length) {
      return HTTP2;
    }
    if (prefix == n && n < PREFACE.length) {
      // "P" may yet become POST; "PRI " cannot.
      return INCOMPLETE;
    }
    for (int i = 0; i < n; i++) {
      byte b = in.getByte(in.readerIndex() + i);
      if (b == ' ' && i > 0) {
        return HTTP1;
      }
      if (b < 'A' || b > 'Z' || i >= LONGEST_METHOD) {
        return OTHER;
      }
    }
    return INCOMPLETE;
  }

  /**
   * Whether the first line ends in the name of a protocol that is not HTTP. Its client would not
   * understand an answer of HTTP/1 (RFC 9113, section 3.4: a preface that is none).
   */
  public static boolean namesAnotherProtocol(ByteBuf in) {
    int end = in.bytesBefore((byte) '\n');
    if (end < 0) {
      return false;
    }
    String[] words =
        in.toString(in.readerIndex(), end, StandardCharsets.ISO_8859_1).strip().split(" ");
    return words.length == 3 && !words[2].startsWith("HTTP/") && !words[1].startsWith("/");
  }
}
