// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Frames of HTTP/2 on a socket, whatever is in them. */
final class RawHttp2 implements AutoCloseable {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int PRIORITY = 2;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;
  static final int END_STREAM = 1;
  static final int END_HEADERS = 4;

  private final Socket socket = new Socket();
  private final DataInputStream in;

  /** A frame. */
  record Frame(int type, int flags, int stream, byte[] payload) {
    boolean ends() {
      return (type == DATA || type == HEADERS) && (flags & END_STREAM) != 0 || type == RST_STREAM;
    }

    /** The error of RST_STREAM or GOAWAY. */
    int error() {
      return ByteBuffer.wrap(payload).getInt(type == GOAWAY ? 4 : 0);
    }
  }

  RawHttp2(InetSocketAddress address) throws IOException {
    socket.connect(address, 2000);
    socket.setSoTimeout(3000);
    socket.setTcpNoDelay(true);
    in = new DataInputStream(socket.getInputStream());
    socket
        .getOutputStream()
        .write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    send(SETTINGS, 0, 0, new byte[0]);
  }

  RawHttp2 send(int type, int flags, int stream, byte[] payload) throws IOException {
    socket.getOutputStream().write(frame(type, flags, stream, payload));
    return this;
  }

  /** Many frames at once. */
  RawHttp2 send(byte[] frames) throws IOException {
    socket.getOutputStream().write(frames);
    return this;
  }

  static byte[] frame(int type, int flags, int stream, byte[] payload) {
    return ByteBuffer.allocate(9 + payload.length)
        .put((byte) (payload.length >> 16))
        .putShort((short) payload.length)
        .put((byte) type)
        .put((byte) flags)
        .putInt(stream)
        .put(payload)
        .array();
  }

  /** Fields as literals that nothing indexes or compresses (RFC 7541, section 6.2.2). */
  static byte[] block(List<SmugglingCase.Field> fields) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (SmugglingCase.Field field : fields) {
      out.write(0);
      string(out, field.name());
      string(out, field.value());
    }
    return out.toByteArray();
  }

  private static void string(ByteArrayOutputStream out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    if (bytes.length < 127) {
      out.write(bytes.length);
    } else {
      out.write(127);
      int rest = bytes.length - 127;
      while (rest >= 128) {
        out.write(rest % 128 + 128);
        rest /= 128;
      }
      out.write(rest);
    }
    out.writeBytes(bytes);
  }

  /** All frames until one fits, the peer closes, or nothing comes for three seconds. */
  List<Frame> readUntil(Predicate<Frame> last) throws IOException {
    List<Frame> frames = new ArrayList<>();
    try {
      while (true) {
        int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
        int type = in.readUnsignedByte();
        int flags = in.readUnsignedByte();
        int stream = in.readInt();
        Frame frame = new Frame(type, flags, stream, in.readNBytes(length));
        frames.add(frame);
        if (last.test(frame)) {
          return frames;
        }
      }
    } catch (EOFException | SocketTimeoutException | SocketException nothingMore) {
      return frames;
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
