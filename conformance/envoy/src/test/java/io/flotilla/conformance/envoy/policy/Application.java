// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.policy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/** An application that answers with what it was told. */
final class Application implements AutoCloseable {
  private final HttpServer server;

  /** What is answered to a request. */
  interface Answer {
    /**
     * The body of the answer, whose status is 200.
     *
     * @param told headers of the request, by their lower-case names
     */
    String of(HttpExchange exchange, Map<String, String> told) throws IOException;
  }

  /**
   * Starts it.
   *
   * @param telling whether a header, by its lower-case name, is told of
   */
  Application(Predicate<String> telling, Answer answer) throws IOException {
    server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext(
        "/",
        exchange -> {
          Map<String, String> told = new TreeMap<>();
          exchange
              .getRequestHeaders()
              .forEach(
                  (header, values) -> {
                    String name = header.toLowerCase(Locale.ROOT);
                    if (telling.test(name)) {
                      told.put(name, String.join(",", values));
                    }
                  });
          byte[] body = answer.of(exchange, told).getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
