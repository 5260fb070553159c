// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * The two lines that frame a message, looked at before the codec reads them: it takes more for a
 * request line and for the size of a chunk than the grammar does (RFC 9112, sections 3 and 7.1),
 * and lets a size overflow.
 */
final class StrictLines {
  private static final int LONGEST_LINE = 16 * 1024;
  // So that a size fits into an int.
  private static final int MAX_SIGNIFICANT_DIGITS = 7;

  private Part next = Part.REQUEST_LINE;
  private boolean chunked;
  // Bytes until the next chunk's size line.
  private long untilSize;
  private boolean broken;

  private enum Part {
    REQUEST_LINE,
    HEADERS,
    BODY
  }

  /** What is wrong with the line that starts here; null: nothing, or it is not there yet. */
  @Nullable String wrong(ByteBuf in) {
    if (broken) {
      in.skipBytes(in.readableBytes());
      return null;
    }
    if (next == Part.REQUEST_LINE) {
      return requestLine(in);
    }
    if (chunked && untilSize == 0) {
      return sizeLine(in);
    }
    return null;
  }

  /** The codec took so many bytes. */
  void consumed(int bytes) {
    if (chunked) {
      untilSize -= bytes;
    }
  }

  /** It gave the head of a request. */
  void head(boolean chunks) {
    next = Part.BODY;
    chunked = chunks;
    untilSize = 0;
  }

  /** It gave the end of one. */
  void end() {
    next = Part.REQUEST_LINE;
    chunked = false;
  }

  /** What follows is no message: all of it is dropped. */
  void stop() {
    broken = true;
  }

  boolean isInBody() {
    return next == Part.BODY;
  }

  private String broken(String why) {
    broken = true;
    return why;
  }

  private @Nullable String requestLine(ByteBuf in) {
    int at = in.readerIndex();
    int end = in.writerIndex();
    while (at < end && isLineEnd(in.getByte(at))) {
      at++;
    }
    if (at < end && in.getByte(at) >= 0 && in.getByte(at) <= ' ') {
      return broken("the request line does not begin with a method");
    }
    int lf = in.indexOf(at, Math.min(end, at + LONGEST_LINE), (byte) '\n');
    if (lf < 0) {
      return null;
    }
    if (lf == at || in.getByte(lf - 1) != '\r') {
      return broken("the request line does not end in CR LF");
    }
    int spaces = 0;
    int version = at;
    for (int i = at; i < lf - 1; i++) {
      byte b = in.getByte(i);
      if (b == ' ') {
        spaces++;
        version = i + 1;
        if (i == at || in.getByte(i - 1) == ' ') {
          return broken("the request line has an empty part");
        }
      } else if (b >= 0 && b < ' ' || b == 0x7f) {
        return broken("the request line holds a control character");
      }
    }
    if (spaces != 2 || !isVersion1(in, version, lf - 1)) {
      return broken("the request line is not METHOD target HTTP/1.x");
    }
    // It is whole, so that the codec takes it now; what comes next are headers.
    next = Part.HEADERS;
    return null;
  }

  private static boolean isVersion1(ByteBuf in, int at, int end) {
    return end - at == 8
        && in.getByte(at) == 'H'
        && in.getByte(at + 1) == 'T'
        && in.getByte(at + 2) == 'T'
        && in.getByte(at + 3) == 'P'
        && in.getByte(at + 4) == '/'
        && in.getByte(at + 5) == '1'
        && in.getByte(at + 6) == '.'
        && (in.getByte(at + 7) == '0' || in.getByte(at + 7) == '1');
  }

  private @Nullable String sizeLine(ByteBuf in) {
    int at = in.readerIndex();
    int lf = in.indexOf(at, Math.min(in.writerIndex(), at + LONGEST_LINE), (byte) '\n');
    if (lf < 0) {
      return in.readableBytes() > LONGEST_LINE ? broken("the size of a chunk is too long") : null;
    }
    if (lf == at || in.getByte(lf - 1) != '\r') {
      return broken("the size of a chunk does not end in CR LF");
    }
    int digits = 0;
    long size = 0;
    int i = at;
    for (int digit = hex(in.getByte(i)); digit >= 0; digit = hex(in.getByte(i))) {
      size = size * 16 + digit;
      digits += digits == 0 && digit == 0 ? 0 : 1;
      if (digits > MAX_SIGNIFICANT_DIGITS) {
        return broken("a chunk is too large");
      }
      i++;
    }
    if (i == at) {
      return broken("a chunk has no size");
    }
    while (in.getByte(i) == ' ' || in.getByte(i) == '\t') {
      i++;
    }
    if (i < lf - 1 && in.getByte(i) != ';') {
      return broken("the size of a chunk is not a number");
    }
    for (; i < lf - 1; i++) {
      byte b = in.getByte(i);
      if (b >= 0 && b < ' ' && b != '\t' || b == 0x7f) {
        return broken("the extension of a chunk holds a control character");
      }
    }
    if (size == 0) {
      chunked = false;
    } else {
      untilSize = lf + 1L - at + size + 2;
    }
    return null;
  }

  private static boolean isLineEnd(byte b) {
    return b == '\r' || b == '\n';
  }

  private static int hex(byte b) {
    return Character.digit(b & 0xff, 16);
  }
}
