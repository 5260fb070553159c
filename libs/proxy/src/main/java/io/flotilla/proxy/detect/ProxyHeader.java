// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.detect;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;

/** Reads the PROXY protocol, versions 1 and 2 (HAProxy, "The PROXY protocol", 2020/03/05). */
public final class ProxyHeader {
  private static final byte[] SIGNATURE_1 = {'P', 'R', 'O', 'X', 'Y', ' '};
  private static final byte[] SIGNATURE_2 = {
    0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A
  };
  private static final int LONGEST_LINE = 107;
  private static final int HEAD_2 = 16;
  // The next number of each is UDP, which Envoy takes too.
  private static final int TCP_OVER_IPV4 = 0x11;
  private static final int TCP_OVER_IPV6 = 0x21;
  // Addresses and more TLVs than anybody sends.
  private static final int LONGEST_2 = 4096;

  private ProxyHeader() {}

  /** What the bytes so far say. */
  public sealed interface Result {
    /** More bytes are needed. */
    record Incomplete() implements Result {}

    /** No such header, or one that is wrong. */
    record Invalid(String why) implements Result {}

    /** The proxy speaks for itself (a health check), or does not know who the client is. */
    record Unknown(int length) implements Result {}

    /** A client behind the proxy; the header takes {@code length} bytes. */
    record Known(int length, InetSocketAddress source, InetSocketAddress destination)
        implements Result {}
  }

  /** Reads from {@code in}'s reader index on; moves no index. */
  public static Result parse(ByteBuf in) {
    if (startsWith(in, SIGNATURE_1)) {
      return in.readableBytes() < SIGNATURE_1.length ? new Result.Incomplete() : line(in);
    }
    if (startsWith(in, SIGNATURE_2)) {
      return in.readableBytes() < HEAD_2 ? new Result.Incomplete() : binary(in);
    }
    return new Result.Invalid("the connection does not begin with a PROXY header");
  }

  private static boolean startsWith(ByteBuf in, byte[] signature) {
    int n = Math.min(in.readableBytes(), signature.length);
    for (int i = 0; i < n; i++) {
      if (in.getByte(in.readerIndex() + i) != signature[i]) {
        return false;
      }
    }
    return true;
  }

  private static Result line(ByteBuf in) {
    int at = in.readerIndex();
    int lf = in.indexOf(at, Math.min(in.writerIndex(), at + LONGEST_LINE), (byte) '\n');
    if (lf < 0) {
      return in.readableBytes() >= LONGEST_LINE
          ? new Result.Invalid("the PROXY line is too long")
          : new Result.Incomplete();
    }
    if (in.getByte(lf - 1) != '\r') {
      return new Result.Invalid("the PROXY line does not end in CR LF");
    }
    String[] words = in.toString(at, lf - 1 - at, StandardCharsets.US_ASCII).split(" ", -1);
    int length = lf + 1 - at;
    if (words.length >= 2 && words[1].equals("UNKNOWN")) {
      return new Result.Unknown(length);
    }
    if (words.length != 6 || !words[1].equals("TCP4") && !words[1].equals("TCP6")) {
      return new Result.Invalid("the PROXY line is not PROXY TCP4|TCP6 source destination ports");
    }
    boolean four = words[1].equals("TCP4");
    int from = port(words[4]);
    int to = port(words[5]);
    if (!isAddress(words[2], four) || !isAddress(words[3], four) || from < 0 || to < 0) {
      return new Result.Invalid("the PROXY line holds a bad address or port");
    }
    return known(
        length,
        NetUtil.createByteArrayFromIpAddressString(words[2]),
        from,
        NetUtil.createByteArrayFromIpAddressString(words[3]),
        to);
  }

  private static boolean isAddress(String text, boolean four) {
    return four
        ? NetUtil.isValidIpV4Address(text)
        : NetUtil.isValidIpV6Address(text) && text.indexOf('%') < 0 && !text.startsWith("[");
  }

  private static int port(String text) {
    if (text.isEmpty() || text.length() > 5 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return -1;
    }
    int port = Integer.parseInt(text);
    return port > 65535 ? -1 : port;
  }

  private static Result binary(ByteBuf in) {
    int at = in.readerIndex();
    int command = in.getUnsignedByte(at + 12);
    int length = HEAD_2 + in.getUnsignedShort(at + 14);
    if (command != 0x20 && command != 0x21) {
      return new Result.Invalid("the PROXY header's version or command is unknown");
    }
    if (length > LONGEST_2) {
      return new Result.Invalid("the PROXY header is too long");
    }
    if (in.readableBytes() < length) {
      return new Result.Incomplete();
    }
    int family = in.getUnsignedByte(at + 13);
    if (command == 0x20) {
      return new Result.Unknown(length);
    }
    int size =
        switch (family) {
          case TCP_OVER_IPV4, TCP_OVER_IPV4 + 1 -> 4;
          case TCP_OVER_IPV6, TCP_OVER_IPV6 + 1 -> 16;
          default -> 0;
        };
    if (size == 0 || length < HEAD_2 + 2 * size + 4) {
      return new Result.Invalid("the PROXY header holds no IP addresses");
    }
    int addresses = at + HEAD_2;
    return known(
        length,
        ByteBufUtil.getBytes(in, addresses, size),
        in.getUnsignedShort(addresses + 2 * size),
        ByteBufUtil.getBytes(in, addresses + size, size),
        in.getUnsignedShort(addresses + 2 * size + 2));
  }

  private static Result known(int length, byte[] source, int from, byte[] destination, int to) {
    try {
      return new Result.Known(
          length,
          new InetSocketAddress(InetAddress.getByAddress(source), from),
          new InetSocketAddress(InetAddress.getByAddress(destination), to));
    } catch (UnknownHostException e) {
      return new Result.Invalid("the PROXY header holds a bad address");
    }
  }
}
