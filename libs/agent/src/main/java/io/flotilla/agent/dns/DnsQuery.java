// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent.dns;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * A query with one question (RFC 1035 section 4, RFC 6891).
 *
 * @param flags as they came, of which the answer repeats "recursion desired"
 * @param name of the question in lower case without the last dot; empty where a label is not made
 *     of visible ASCII, and of the root
 * @param question its bytes: name, type, class
 * @param udpSize what the client takes by UDP; 0 where it does not say (no OPT record)
 * @param length of the message; what follows it is none of it
 */
record DnsQuery(
    int id,
    int flags,
    String name,
    int type,
    int dnsClass,
    byte[] question,
    int udpSize,
    int length) {
  static final int HEADER = 12;

  static final int TYPE_A = 1;
  static final int TYPE_AAAA = 28;
  static final int CLASS_IN = 1;

  private static final int TYPE_OPT = 41;
  private static final int TYPE_IXFR = 251;
  private static final int TYPE_AXFR = 252;
  private static final int FLAG_RESPONSE = 0x8000;
  private static final int OPCODE = 0x7800;
  private static final int MAX_NAME = 255;
  private static final int MAX_LABEL = 63;
  private static final int MAX_ADDITIONAL = 8;

  /** Why a query is not looked at further. */
  enum Fault {
    /** Shorter than a header, or than it says. */
    MALFORMED,
    /** A response: answering it could begin a loop. */
    RESPONSE,
    /** Another operation than a query. */
    OPERATION,
    /** A transfer of a whole zone. */
    TRANSFER,
    /** More than a query can be. */
    TOO_LONG,
    /** More queries wait for the resolvers than may. */
    OVERLOAD
  }

  /** A query that gets no answer but a code, or none at all. */
  static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;

    private final Fault fault;
    private final int code;

    private RefusedException(Fault fault, int code) {
      super(fault.name(), null, false, false);
      this.fault = fault;
      this.code = code;
    }

    Fault fault() {
      return fault;
    }

    /** The answer's code; 0: there is no answer. */
    int code() {
      return code;
    }
  }

  /** Reads one from the reader index on, which stays where it is. */
  static DnsQuery parse(ByteBuf in) throws RefusedException {
    if (in.readableBytes() < HEADER) {
      throw new RefusedException(Fault.MALFORMED, 0);
    }
    int start = in.readerIndex();
    int flags = in.getUnsignedShort(start + 2);
    if ((flags & FLAG_RESPONSE) != 0) {
      throw new RefusedException(Fault.RESPONSE, 0);
    }
    if ((flags & OPCODE) != 0) {
      throw new RefusedException(Fault.OPERATION, DnsAnswers.NOT_IMPLEMENTED);
    }
    int additional = in.getUnsignedShort(start + 10);
    if (in.getUnsignedShort(start + 4) != 1
        || in.getUnsignedShort(start + 6) != 0
        || additional > MAX_ADDITIONAL) {
      throw malformed();
    }
    ByteBuf rest = in.slice(start + HEADER, in.readableBytes() - HEADER);
    StringBuilder name = new StringBuilder();
    boolean visible = readName(rest, name);
    need(rest, 4);
    int type = rest.readUnsignedShort();
    int dnsClass = rest.readUnsignedShort();
    byte[] question = new byte[rest.readerIndex()];
    rest.getBytes(0, question);
    if (type == TYPE_AXFR || type == TYPE_IXFR) {
      throw new RefusedException(Fault.TRANSFER, DnsAnswers.REFUSED);
    }
    if (in.getUnsignedShort(start + 8) != 0) {
      throw malformed();
    }
    int udpSize = 0;
    for (int i = 0; i < additional; i++) {
      int size = additional(rest);
      if (size > 0 && udpSize > 0) {
        throw malformed();
      }
      udpSize = Math.max(udpSize, size);
    }
    return new DnsQuery(
        in.getUnsignedShort(start),
        flags,
        visible ? name.toString() : "",
        type,
        dnsClass,
        question,
        udpSize,
        HEADER + rest.readerIndex());
  }

  /** Reads a name without pointers: in a question there is nothing yet to point to. */
  private static boolean readName(ByteBuf in, StringBuilder out) throws RefusedException {
    int start = in.readerIndex();
    boolean visible = true;
    while (true) {
      need(in, 1);
      int length = in.readUnsignedByte();
      if (length == 0) {
        return visible;
      }
      if (length > MAX_LABEL || in.readerIndex() + length - start >= MAX_NAME) {
        throw malformed();
      }
      need(in, length);
      String label = in.readCharSequence(length, StandardCharsets.ISO_8859_1).toString();
      if (!out.isEmpty()) {
        out.append('.');
      }
      for (int i = 0; i < length; i++) {
        char c = label.charAt(i);
        visible &= c > ' ' && c < 0x7f && c != '.';
        out.append(c >= 'A' && c <= 'Z' ? (char) (c + ('a' - 'A')) : c);
      }
    }
  }

  /** Skips a record; the size that it grants if it is OPT, else 0. */
  private static int additional(ByteBuf in) throws RefusedException {
    int start = in.readerIndex();
    need(in, 1);
    boolean root = in.getByte(start) == 0;
    for (int length = in.readUnsignedByte(); length != 0; length = in.readUnsignedByte()) {
      if ((length & 0xc0) == 0xc0) {
        need(in, 1);
        in.skipBytes(1);
        break;
      }
      if (length > MAX_LABEL) {
        throw malformed();
      }
      need(in, length + 1);
      in.skipBytes(length);
    }
    need(in, 10);
    int type = in.readUnsignedShort();
    int dnsClass = in.readUnsignedShort();
    in.skipBytes(4);
    int length = in.readUnsignedShort();
    need(in, length);
    in.skipBytes(length);
    if (type != TYPE_OPT) {
      return 0;
    }
    if (!root) {
      throw malformed();
    }
    return Math.max(1, dnsClass);
  }

  private static void need(ByteBuf in, int bytes) throws RefusedException {
    if (in.readableBytes() < bytes) {
      throw malformed();
    }
  }

  private static RefusedException malformed() {
    return new RefusedException(Fault.MALFORMED, DnsAnswers.FORMAT_ERROR);
  }

  /** Whether the mesh's names may answer it. */
  boolean asksForAddresses() {
    return dnsClass == CLASS_IN && (type == TYPE_A || type == TYPE_AAAA) && !name.isEmpty();
  }
}
