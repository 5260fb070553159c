// SPDX-License-Identifier: Apache-2.0
package io.flotilla.bookinfo;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Calls of one service to the others, all through the service's own HTTP proxy if it has one. */
final class Peers {
  /** The status stands for "no answer" where nothing came back. */
  static final int NO_ANSWER = 0;

  /** A peer's status and JSON, or {@link #NO_ANSWER} and null. */
  record Reply(int status, @Nullable JsonNode json) {
    /** Whether the answer was 200 with JSON. */
    @Nullable JsonNode ifOk() {
      return status == 200 ? json : null;
    }
  }

  private final HttpClient client;

  Peers(@Nullable InetSocketAddress proxy) {
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5));
    // A selector, since the JDK's default one never proxies what looks local.
    client = (proxy == null ? builder : builder.proxy(ProxySelector.of(proxy))).build();
  }

  /** GETs JSON; a failure of any kind is a {@link Reply} too. */
  Reply get(URI base, String path, Map<String, String> headers, Duration timeout)
      throws InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(base.resolve(path)).timeout(timeout);
    headers.forEach(request::header);
    try {
      var response = client.send(request.build(), BodyHandlers.ofByteArray());
      return new Reply(response.statusCode(), Answer.JSON.readTree(response.body()));
    } catch (IOException e) {
      return new Reply(NO_ANSWER, null);
    }
  }
}
