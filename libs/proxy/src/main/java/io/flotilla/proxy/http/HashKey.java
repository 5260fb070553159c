// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.model.route.HashPolicy;
import io.flotilla.proxy.upstream.XxHash64;
import io.flotilla.rules.Paths;
import io.flotilla.rules.RequestView;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What of a request is hashed (Envoy: config.route.v3.RouteAction.HashPolicy). */
final class HashKey {
  private HashKey() {}

  /** Makes cookies for clients that have none. */
  interface Cookies {
    /** Makes a cookie that the answer will set; gives its value. */
    String newCookie(String name, String path, Duration ttl);
  }

  /**
   * Of all policies together, up to a terminal one; null: none of them has a value.
   *
   * @param headers as the routes edited them
   */
  static @Nullable Long of(
      List<HashPolicy> policies,
      RequestView request,
      HttpHeaders headers,
      Cookies cookies,
      InetAddress client) {
    Long key = null;
    for (HashPolicy policy : policies) {
      Long hash = one(policy, request, headers, cookies, client);
      if (hash != null) {
        // Turned, so that the same value twice is not nothing.
        key = (key == null ? 0 : Long.rotateLeft(key, 1)) ^ hash;
      }
      if (policy.terminal() && key != null) {
        break;
      }
    }
    return key;
  }

  private static @Nullable Long one(
      HashPolicy policy,
      RequestView request,
      HttpHeaders headers,
      Cookies cookies,
      InetAddress client) {
    return switch (policy) {
      case HashPolicy.Header h -> header(h.name(), request, headers);
      case HashPolicy.Cookie c -> {
        String value = cookie(headers.get("cookie"), c.name());
        if ((value == null || value.isEmpty()) && c.ttl().isPresent()) {
          value = cookies.newCookie(c.name(), c.path(), c.ttl().get());
        }
        yield value == null || value.isEmpty() ? null : XxHash64.hash(value, 0);
      }
      case HashPolicy.SourceAddress s -> XxHash64.hash(client.getHostAddress(), 0);
      case HashPolicy.QueryParameter q ->
          Paths.queryParameter(request.pathAndQuery(), q.name())
              .map(v -> XxHash64.hash(v, 0))
              .orElse(null);
    };
  }

  private static @Nullable Long header(String name, RequestView request, HttpHeaders headers) {
    if (name.startsWith(":")) {
      String value =
          switch (name) {
            case ":method" -> request.method();
            case ":path" -> request.pathAndQuery();
            case ":authority" -> request.authority();
            case ":scheme" -> request.scheme();
            default -> null;
          };
      return value == null ? null : XxHash64.hash(value, 0);
    }
    List<String> values = headers.getAll(name);
    if (values.isEmpty()) {
      return null;
    }
    long hash = 0;
    // Their order does not matter.
    for (String value : values.stream().sorted().toList()) {
      hash = XxHash64.hash(value, hash);
    }
    return hash;
  }

  static @Nullable String cookie(@Nullable String header, String name) {
    if (header == null) {
      return null;
    }
    for (String pair : header.split(";")) {
      int equals = pair.indexOf('=');
      if (equals > 0 && pair.substring(0, equals).strip().equals(name)) {
        String value = pair.substring(equals + 1).strip();
        return value.length() > 1 && value.startsWith("\"") && value.endsWith("\"")
            ? value.substring(1, value.length() - 1)
            : value;
      }
    }
    return null;
  }
}
