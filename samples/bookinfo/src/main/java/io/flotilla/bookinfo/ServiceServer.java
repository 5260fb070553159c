// SPDX-License-Identifier: Apache-2.0
package io.flotilla.bookinfo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** An HTTP/1.1 server of one service: bounded bodies, one virtual thread a request. */
final class ServiceServer implements AutoCloseable {
  /** The largest request body that is read, in bytes; a larger one is answered 413. */
  static final int MAX_BODY = 64 * 1024;

  private static final int DRAIN_SECONDS = 10;

  static {
    // The JDK's server delays small writes and closes idle connections after half a minute, while a
    // proxy before it keeps its pooled connections for longer and would meet the close.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    System.setProperty("sun.net.httpserver.idleInterval", "7200");
    System.setProperty("sun.net.httpserver.maxIdleConnections", "2000");
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  ServiceServer(InetSocketAddress address, Map<String, Endpoint> routes) throws IOException {
    try {
      server = HttpServer.create(address, 512);
    } catch (IOException e) {
      throw new IOException(
          "cannot listen on "
              + address.getHostString()
              + ":"
              + address.getPort()
              + ": "
              + e.getMessage(),
          e);
    }
    server.setExecutor(threads);
    routes.forEach(
        (path, endpoint) -> server.createContext(path, exchange -> serve(exchange, endpoint)));
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  private static void serve(HttpExchange exchange, Endpoint endpoint) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readNBytes(MAX_BODY + 1);
      send(exchange, body.length > MAX_BODY ? tooLarge() : answer(exchange, body, endpoint));
    }
  }

  private static Answer tooLarge() {
    return Answer.error(413, "the body is larger than " + MAX_BODY + " bytes");
  }

  private static Answer answer(HttpExchange exchange, byte[] body, Endpoint endpoint) {
    try {
      return endpoint.answer(
          new Request(
              exchange.getRequestMethod(),
              exchange.getRequestURI().getPath(),
              exchange.getRequestHeaders(),
              body));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Answer.error(503, "the service is stopping");
    } catch (IOException | RuntimeException e) {
      System.err.println("bookinfo: " + exchange.getRequestURI() + ": " + e);
      return Answer.error(500, "the service failed");
    }
  }

  private static void send(HttpExchange exchange, Answer answer) throws IOException {
    answer.headers().forEach(exchange.getResponseHeaders()::set);
    boolean bodyless = exchange.getRequestMethod().equals("HEAD") || answer.body().length == 0;
    exchange.sendResponseHeaders(answer.status(), bodyless ? -1 : answer.body().length);
    if (!bodyless) {
      exchange.getResponseBody().write(answer.body());
    }
  }

  @Override
  public void close() {
    server.stop(DRAIN_SECONDS);
    threads.close();
  }
}
