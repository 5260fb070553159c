// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/** Gets small texts for the engine itself, through the clusters that its configuration names. */
public final class UpstreamGet {
  private static final int LARGEST = 1024 * 1024;
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final UpstreamCalls calls;

  public UpstreamGet(UpstreamCalls calls) {
    this.calls = calls;
  }

  /**
   * Gets what is at a URI; nothing, if the answer is not 200, too large, or late.
   *
   * @param done called once, on the event loop
   */
  public void get(String uri, String cluster, Duration timeout, Consumer<Optional<String>> done) {
    Optional<URI> parsed = parse(uri);
    calls.send(
        parsed.isEmpty() ? "" : cluster,
        false,
        () -> request(parsed.orElseThrow()),
        timeout.isZero() ? TIMEOUT : timeout,
        LARGEST,
        answer ->
            done.accept(
                answer
                    .filter(a -> a.status() == 200)
                    .map(a -> new String(a.body(), StandardCharsets.UTF_8))));
  }

  private static FullHttpRequest request(URI uri) {
    String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
    String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    FullHttpRequest request =
        new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, path + query);
    request.headers().set("host", uri.getRawAuthority());
    request.headers().set("accept", "application/json");
    return request;
  }

  private static Optional<URI> parse(String uri) {
    try {
      URI parsed = URI.create(uri);
      return parsed.getRawAuthority() == null ? Optional.empty() : Optional.of(parsed);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
