// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Hands every byte on as it comes, and keeps what was sent to the backend, a connection each. */
final class RecordingRelay implements AutoCloseable {
  private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final int backend;
  private final List<ByteArrayOutputStream> connections = new CopyOnWriteArrayList<>();

  RecordingRelay(int backend) throws IOException {
    this.backend = backend;
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  /** What was sent so far, one text for each connection. */
  List<String> sent() {
    return connections.stream().map(c -> c.toString(StandardCharsets.ISO_8859_1)).toList();
  }

  private void accept() {
    try {
      while (true) {
        Socket from = server.accept();
        Socket to = new Socket(InetAddress.getLoopbackAddress(), backend);
        from.setTcpNoDelay(true);
        to.setTcpNoDelay(true);
        ByteArrayOutputStream kept = new ByteArrayOutputStream();
        connections.add(kept);
        Thread.ofVirtual().start(() -> pump(from, to, kept));
        Thread.ofVirtual().start(() -> pump(to, from, OutputStream.nullOutputStream()));
      }
    } catch (IOException closed) {
      // The test is over.
    }
  }

  private static void pump(Socket from, Socket to, OutputStream kept) {
    byte[] buffer = new byte[8192];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        kept.write(buffer, 0, n);
        to.getOutputStream().write(buffer, 0, n);
      }
    } catch (IOException ended) {
      // One side is gone, and so is the other now.
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
