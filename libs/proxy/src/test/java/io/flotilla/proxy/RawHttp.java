// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;

/** Bytes on a socket, for what a well-behaved client would never send. */
final class RawHttp implements AutoCloseable {
  private final Socket socket;

  RawHttp(InetSocketAddress address) throws IOException {
    this(address, 3000);
  }

  /** {@code patienceMillis}: how long nothing may come. */
  RawHttp(InetSocketAddress address, int patienceMillis) throws IOException {
    socket = new Socket();
    socket.connect(address, 2000);
    socket.setSoTimeout(patienceMillis);
    socket.setTcpNoDelay(true);
  }

  RawHttp send(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    socket.getOutputStream().flush();
    return this;
  }

  RawHttp endOutput() throws IOException {
    socket.shutdownOutput();
    return this;
  }

  /** All that comes until the peer closes (or 3 s pass without a byte). */
  String readToEnd() throws IOException {
    return readUntil(null);
  }

  /** All that comes until it contains {@code mark}, or the peer closes. */
  String readUntil(String mark) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] buffer = new byte[4096];
    try {
      for (int n = socket.getInputStream().read(buffer);
          n >= 0;
          n = socket.getInputStream().read(buffer)) {
        out.write(buffer, 0, n);
        if (mark != null && out.toString(StandardCharsets.ISO_8859_1).contains(mark)) {
          break;
        }
      }
    } catch (SocketTimeoutException nothingMore) {
      out.write("<timeout>".getBytes(StandardCharsets.ISO_8859_1));
    }
    return out.toString(StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
