// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntUnaryOperator;

/**
 * An HTTP/1.1 application: answers with its name, the request line, each header and the body. Its
 * status is 200, or what {@link #failing} says for the n-th request (0: no answer at all).
 */
final class EchoApp implements AutoCloseable {
  private final HttpServer server;
  private final String name;
  private final AtomicInteger requests = new AtomicInteger();
  private final Set<String> hosts = ConcurrentHashMap.newKeySet();
  private volatile IntUnaryOperator status = n -> 200;
  private volatile long delayMillis;

  EchoApp(String name) {
    this.name = name;
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::answer);
    server.start();
  }

  /** The status of the n-th request, from 1. */
  EchoApp failing(IntUnaryOperator statusOfRequest) {
    status = statusOfRequest;
    return this;
  }

  EchoApp slow(long millis) {
    delayMillis = millis;
    return this;
  }

  int port() {
    return server.getAddress().getPort();
  }

  int requests() {
    return requests.get();
  }

  /** Whom requests were for, as their Host said. */
  Set<String> hosts() {
    return hosts;
  }

  private void answer(HttpExchange exchange) throws IOException {
    hosts.add(exchange.getRequestHeaders().getFirst("host"));
    int code = status.applyAsInt(requests.incrementAndGet());
    byte[] body = exchange.getRequestBody().readAllBytes();
    pause();
    if (code == 0) {
      throw new IOException("no answer, on purpose");
    }
    StringBuilder text = new StringBuilder("app=" + name + "\n");
    text.append(exchange.getRequestMethod()).append(' ').append(exchange.getRequestURI());
    text.append('\n');
    exchange
        .getRequestHeaders()
        .forEach(
            (header, values) ->
                values.forEach(
                    v -> text.append(header.toLowerCase()).append(": ").append(v).append('\n')));
    text.append('\n').append(new String(body, StandardCharsets.UTF_8));
    byte[] answer = text.toString().getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("x-app", name);
    exchange.sendResponseHeaders(code, code == 204 ? -1 : answer.length);
    if (code != 204) {
      exchange.getResponseBody().write(answer);
    }
    exchange.close();
  }

  private void pause() {
    try {
      Thread.sleep(delayMillis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
