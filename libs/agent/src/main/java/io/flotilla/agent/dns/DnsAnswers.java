// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent.dns;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;

/** The messages that we write ourselves. */
final class DnsAnswers {
  static final int FORMAT_ERROR = 1;
  static final int SERVER_FAILURE = 2;
  static final int NOT_IMPLEMENTED = 4;
  static final int REFUSED = 5;

  /** Short, so that clients follow the mesh. */
  static final int TTL_SECONDS = 30;

  /** The largest message over TCP. */
  static final int MAX_TCP = 65_535;

  private static final int MIN_UDP = 512;
  private static final int MAX_UDP = 4096;
  private static final int OPT_BYTES = 11;
  private static final int TYPE_CNAME = 5;
  private static final int TYPE_OPT = 41;
  private static final int POINTER = 0xc000;
  private static final int FLAG_RESPONSE = 0x8000;
  private static final int FLAG_AUTHORITATIVE = 0x0400;
  private static final int FLAG_TRUNCATED = 0x0200;
  private static final int FLAG_RECURSION_DESIRED = 0x0100;
  private static final int FLAG_RECURSION_AVAILABLE = 0x0080;
  private static final int RECORD_BYTES = 12;

  private DnsAnswers() {}

  /** A code and the question. */
  static ByteBuf error(DnsQuery query, int code) {
    ByteBuf out = Unpooled.buffer(MIN_UDP);
    header(out, query.id(), query.flags(), code, 1);
    out.writeBytes(query.question());
    opt(out, query);
    return out;
  }

  /** A code in answer to what could not be read. */
  static ByteBuf error(ByteBuf query, int code) {
    ByteBuf out = Unpooled.buffer(DnsQuery.HEADER);
    int start = query.readerIndex();
    header(out, query.getUnsignedShort(start), query.getUnsignedShort(start + 2), code, 0);
    return out;
  }

  /**
   * The addresses of a name; none is an answer too: there is the name, but no address of the kind.
   * What does not fit is left out, and the client told so.
   *
   * @param aliased how many bytes of the question's name lead to what it is an alias of; 0: it is
   *     none
   */
  static ByteBuf addresses(DnsQuery query, int aliased, List<byte[]> addresses, boolean tcp) {
    int limit = (tcp ? MAX_TCP : udpLimit(query)) - (query.udpSize() > 0 ? OPT_BYTES : 0);
    ByteBuf out = Unpooled.buffer(MIN_UDP);
    header(out, query.id(), query.flags(), 0, 1);
    out.writeBytes(query.question());
    int records = 0;
    int owner = DnsQuery.HEADER;
    if (aliased > 0 && !addresses.isEmpty()) {
      record(out, owner, TYPE_CNAME, aliased + 1);
      owner = out.writerIndex();
      out.writeBytes(query.question(), 0, aliased);
      out.writeByte(0);
      records++;
    }
    boolean whole = true;
    for (byte[] address : addresses) {
      if (out.writerIndex() + RECORD_BYTES + address.length > limit) {
        whole = false;
        break;
      }
      record(out, owner, query.type(), address.length);
      out.writeBytes(address);
      records++;
    }
    out.setShort(6, records);
    out.setShort(2, out.getUnsignedShort(2) | FLAG_AUTHORITATIVE | (whole ? 0 : FLAG_TRUNCATED));
    opt(out, query);
    return out;
  }

  private static int udpLimit(DnsQuery query) {
    return Math.clamp(query.udpSize(), MIN_UDP, MAX_UDP);
  }

  private static void header(ByteBuf out, int id, int flags, int code, int questions) {
    out.writeShort(id);
    out.writeShort(
        FLAG_RESPONSE
            | (flags & 0x7800)
            | (flags & FLAG_RECURSION_DESIRED)
            | FLAG_RECURSION_AVAILABLE
            | code);
    out.writeShort(questions);
    out.writeZero(6);
  }

  private static void record(ByteBuf out, int owner, int type, int length) {
    out.writeShort(POINTER | owner);
    out.writeShort(type);
    out.writeShort(DnsQuery.CLASS_IN);
    out.writeInt(TTL_SECONDS);
    out.writeShort(length);
  }

  // RFC 6891 section 6.1.1: who is asked with an OPT record answers with one.
  private static void opt(ByteBuf out, DnsQuery query) {
    if (query.udpSize() > 0) {
      out.setShort(10, 1);
      out.writeByte(0);
      out.writeShort(TYPE_OPT);
      out.writeShort(MAX_UDP);
      out.writeInt(0);
      out.writeShort(0);
    }
  }
}
