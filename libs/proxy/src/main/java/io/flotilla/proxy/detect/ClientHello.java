// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.detect;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Server name and ALPN of a TLS client hello (RFC 8446, section 4.1.2; RFC 6066; RFC 7301), read
 * from the first record without consuming it.
 */
public record ClientHello(String serverName, List<String> applicationProtocols) {
  private static final int HANDSHAKE = 22;
  private static final int CLIENT_HELLO = 1;
  private static final int SERVER_NAME = 0;
  private static final int ALPN = 16;
  private static final int MAX_RECORD = 16 * 1024 + 256;

  /** What the bytes so far say. */
  public sealed interface Result {
    /** More bytes are needed. */
    record Incomplete() implements Result {}

    /** Not TLS. */
    record NotTls() implements Result {}

    /** A hello; one that is malformed inside has no names, and the handshake will refuse it. */
    record Hello(ClientHello hello) implements Result {}
  }

  /** Reads from {@code in}'s reader index on; moves no index. */
  public static Result parse(ByteBuf in) {
    int at = in.readerIndex();
    int end = in.writerIndex();
    if (end - at < 1) {
      return new Result.Incomplete();
    }
    if (in.getUnsignedByte(at) != HANDSHAKE) {
      return new Result.NotTls();
    }
    if (end - at < 6) {
      return new Result.Incomplete();
    }
    int length = in.getUnsignedShort(at + 3);
    if (in.getUnsignedByte(at + 1) != 3
        || length > MAX_RECORD
        || in.getUnsignedByte(at + 5) != CLIENT_HELLO) {
      return new Result.NotTls();
    }
    if (end - at < 5 + length) {
      return new Result.Incomplete();
    }
    return new Result.Hello(body(in.slice(at + 9, Math.max(0, length - 4))));
  }

  private static ClientHello body(ByteBuf in) {
    String name = "";
    List<String> alpn = new ArrayList<>();
    try {
      in.skipBytes(2 + 32);
      in.skipBytes(in.readUnsignedByte());
      in.skipBytes(in.readUnsignedShort());
      in.skipBytes(in.readUnsignedByte());
      ByteBuf extensions = in.readSlice(in.readUnsignedShort());
      while (extensions.readableBytes() >= 4) {
        int type = extensions.readUnsignedShort();
        ByteBuf extension = extensions.readSlice(extensions.readUnsignedShort());
        if (type == SERVER_NAME && extension.readableBytes() > 5) {
          extension.skipBytes(3);
          name =
              extension
                  .readSlice(extension.readUnsignedShort())
                  .toString(StandardCharsets.US_ASCII)
                  .toLowerCase(Locale.ROOT);
        } else if (type == ALPN && extension.readableBytes() > 2) {
          extension.skipBytes(2);
          while (extension.isReadable()) {
            alpn.add(
                extension
                    .readSlice(extension.readUnsignedByte())
                    .toString(StandardCharsets.US_ASCII));
          }
        }
      }
    } catch (IndexOutOfBoundsException malformed) {
      return new ClientHello(name, List.copyOf(alpn));
    }
    return new ClientHello(name, List.copyOf(alpn));
  }
}
