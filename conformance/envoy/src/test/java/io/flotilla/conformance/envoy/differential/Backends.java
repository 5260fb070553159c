// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.differential;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Upstreams that note what they see and do what the request's own headers ask for, so that they
 * need not know any configuration.
 *
 * <ul>
 *   <li>{@code x-pair}: the request's name in the notes
 *   <li>{@code x-do}: what each attempt gets, by commas, the last one for all others: a status,
 *       "reset" (the connection is closed), "slow" (no answer until the connection is closed)
 *   <li>{@code x-answer}: headers of the answer, "name=value" by semicolons
 * </ul>
 */
final class Backends implements AutoCloseable {
  private final List<ServerSocket> servers = new ArrayList<>();
  private final Map<String, Queue<Seen>> seen = new ConcurrentHashMap<>();
  private final Map<Integer, String> health = new ConcurrentHashMap<>();
  private final Map<Integer, Wire.Head> checks = new ConcurrentHashMap<>();
  private final CountDownLatch closed = new CountDownLatch(1);

  /** One request as a backend read it. */
  record Seen(int backend, String line, List<Wire.Field> headers, String body) {
    boolean isShadow() {
      return headers.stream()
          .anyMatch(f -> f.name().equals("host") && f.value().contains("-shadow"));
    }
  }

  Backends(int count) throws IOException {
    for (int i = 0; i < count; i++) {
      ServerSocket server = new ServerSocket(0, 256, InetAddress.getByName("127.0.0.1"));
      servers.add(server);
      int number = i;
      Thread.ofVirtual().start(() -> accept(server, number));
    }
  }

  int port(int backend) {
    return servers.get(backend).getLocalPort();
  }

  /** What was seen of a request, in order. */
  List<Seen> seen(String pair) {
    return List.copyOf(seen.getOrDefault(pair, new ConcurrentLinkedQueue<>()));
  }

  /** What a backend answers to health checks: a status, or "degraded". */
  void health(int backend, String answer) {
    health.put(backend, answer);
  }

  /** The last health check that a backend got, or null. */
  Wire.@Nullable Head check(int backend) {
    return checks.get(backend);
  }

  void forget() {
    seen.clear();
  }

  private void accept(ServerSocket server, int number) {
    try {
      while (true) {
        Socket socket = server.accept();
        Thread.ofVirtual().start(() -> serve(socket, number));
      }
    } catch (IOException over) {
      // The suite closed it.
    }
  }

  private void serve(Socket socket, int number) {
    try (socket) {
      socket.setTcpNoDelay(true);
      InputStream in = new BufferedInputStream(socket.getInputStream());
      while (true) {
        Wire.Head head = Wire.readHead(in);
        String body = Wire.readBody(in, head);
        if (!answer(socket, number, head, body)) {
          return;
        }
      }
    } catch (SocketException | java.io.EOFException closedByPeer) {
      // As connections end.
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean answer(Socket socket, int number, Wire.Head head, String body)
      throws IOException, InterruptedException {
    Seen now = new Seen(number, head.first(), head.headers(), body);
    String pair = head.header("x-pair");
    int attempt = 0;
    if (pair != null) {
      Queue<Seen> before = seen.computeIfAbsent(pair, p -> new ConcurrentLinkedQueue<>());
      attempt = (int) before.stream().filter(s -> !s.isShadow()).count();
      before.add(now);
    }
    if (head.first().contains(" /health ")) {
      checks.put(number, head);
      return write(socket, health.getOrDefault(number, "200"));
    }
    String script = head.header("x-do");
    String[] steps = script == null ? new String[] {"200"} : script.split(",");
    String step = now.isShadow() ? "200" : steps[Math.min(attempt, steps.length - 1)];
    switch (step) {
      case "reset" -> {
        socket.setSoLinger(true, 0);
        return false;
      }
      case "slow" -> {
        // Until the proxy gives up, or long after every time-out of the suite.
        boolean over = closed.await(3, TimeUnit.SECONDS);
        return !over && write(socket, number, head, 200);
      }
      default -> {
        return write(socket, number, head, Integer.parseInt(step));
      }
    }
  }

  private static boolean write(Socket socket, String health) throws IOException {
    boolean degraded = health.equals("degraded");
    String text =
        "HTTP/1.1 "
            + (degraded ? "200" : health)
            + " x\r\n"
            + (degraded ? "x-envoy-degraded: 1\r\n" : "")
            + "content-length: 0\r\n\r\n";
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    socket.getOutputStream().flush();
    return true;
  }

  private static boolean write(Socket socket, int number, Wire.Head head, int status)
      throws IOException {
    String content = "from " + number;
    boolean bodiless = status == 204 || status == 304;
    StringBuilder b = new StringBuilder();
    b.append("HTTP/1.1 ").append(status).append(" x\r\n");
    String answer = head.header("x-answer");
    if (answer != null) {
      for (String each : answer.split(";")) {
        b.append(each.replaceFirst("=", ": ")).append("\r\n");
      }
    }
    if (!bodiless) {
      b.append("content-length: ").append(content.length()).append("\r\n");
    }
    b.append("\r\n");
    if (!bodiless && !head.first().startsWith("HEAD ")) {
      b.append(content);
    }
    socket.getOutputStream().write(b.toString().getBytes(StandardCharsets.ISO_8859_1));
    socket.getOutputStream().flush();
    return true;
  }

  @Override
  public void close() throws IOException {
    closed.countDown();
    for (ServerSocket server : servers) {
      server.close();
    }
  }
}
