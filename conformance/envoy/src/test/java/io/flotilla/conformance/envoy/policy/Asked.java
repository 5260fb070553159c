// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.policy;

import io.flotilla.rules.policy.AccessView;
import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One request, and the connection that it goes over.
 *
 * @param http empty: bytes only
 */
record Asked(Connection connection, Optional<Http> http) implements AccessView {

  /**
   * A connection.
   *
   * @param uri of the client's certificate; empty: it shows none
   * @param source as the PROXY protocol tells it
   */
  record Connection(
      boolean tls, Optional<String> uri, String sni, String source, String destination, int port) {}

  /** A request. */
  record Http(
      String method,
      String host,
      String path,
      Map<String, String> headers,
      Map<String, Object> claims) {}

  @Override
  public List<String> header(String name) {
    if (http.isEmpty()) {
      return List.of();
    }
    String value =
        switch (name) {
          case ":method" -> http.get().method();
          case ":path" -> http.get().path();
          case ":authority", "host" -> http.get().host();
          default -> http.get().headers().get(name.toLowerCase(Locale.ROOT));
        };
    return value == null ? List.of() : List.of(value);
  }

  @Override
  public InetAddress destination() {
    return InetAddress.ofLiteral(connection.destination());
  }

  @Override
  public int destinationPort() {
    return connection.port();
  }

  @Override
  public InetAddress directRemote() {
    return InetAddress.ofLiteral("127.0.0.1");
  }

  @Override
  public InetAddress remote() {
    List<String> forwarded = header("x-forwarded-for");
    return InetAddress.ofLiteral(forwarded.isEmpty() ? connection.source() : forwarded.getFirst());
  }

  @Override
  public String serverName() {
    return connection.tls() ? connection.sni() : "";
  }

  @Override
  public @Nullable List<String> principals() {
    return connection.tls() && connection.uri().isPresent()
        ? List.of(connection.uri().get())
        : null;
  }

  @Override
  public @Nullable Object metadata(String filter) {
    return filter.equals("envoy.filters.http.jwt_authn")
            && http.isPresent()
            && !http.get().claims().isEmpty()
        ? Map.of("payload", http.get().claims())
        : null;
  }

  @Override
  public @Nullable String filterState(String key) {
    return null;
  }
}
