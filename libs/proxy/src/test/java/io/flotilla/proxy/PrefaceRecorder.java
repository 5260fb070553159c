// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** An HTTP/1 server that answers with what came before the first request of the connection. */
final class PrefaceRecorder implements AutoCloseable {
  private final ServerSocket server;
  private final Queue<Seen> seen = new ConcurrentLinkedQueue<>();
  private final AtomicInteger connections = new AtomicInteger();

  /**
   * A request.
   *
   * @param preface bytes as characters
   * @param peer the port it came from
   */
  record Seen(String path, String preface, int connection, int peer) {}

  PrefaceRecorder() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  List<Seen> seen(String path) {
    return seen.stream().filter(s -> s.path().equals(path)).toList();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        Thread.ofVirtual().start(() -> serve(socket));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void serve(Socket socket) {
    int connection = connections.incrementAndGet();
    String preface = null;
    StringBuilder read = new StringBuilder();
    try (socket) {
      for (int b = socket.getInputStream().read(); b >= 0; b = socket.getInputStream().read()) {
        read.append((char) b);
        int start = read.indexOf("GET /");
        if (start < 0 || !read.substring(start).endsWith("\r\n\r\n")) {
          continue;
        }
        preface = preface == null ? read.substring(0, start) : preface;
        String path = read.substring(start + 4, read.indexOf(" ", start + 4));
        seen.add(new Seen(path, preface, connection, socket.getPort()));
        read.setLength(0);
        String body = connection + " " + hex(preface);
        socket
            .getOutputStream()
            .write(
                ("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                    .getBytes(StandardCharsets.ISO_8859_1));
      }
    } catch (IOException gone) {
      // The proxy ended it.
    }
  }

  static String hex(String bytes) {
    return HexFormat.of().formatHex(bytes.getBytes(StandardCharsets.ISO_8859_1));
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
