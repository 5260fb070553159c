// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.model.route.HashPolicy;
import io.flotilla.rules.Paths;
import io.flotilla.rules.RequestView;
import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What of a request is hashed (Envoy: config.route.v3.RouteAction.HashPolicy). */
final class HashKey {
  private HashKey() {}

  /** The values of all policies together, up to a terminal one; null: none has a value. */
  static @Nullable String of(List<HashPolicy> policies, RequestView request, InetAddress client) {
    String key = null;
    for (HashPolicy policy : policies) {
      String value =
          switch (policy) {
            case HashPolicy.Header h -> request.header(h.name().toLowerCase(java.util.Locale.ROOT));
            case HashPolicy.Cookie c -> cookie(request.header("cookie"), c.name());
            case HashPolicy.SourceAddress s -> client.getHostAddress();
            case HashPolicy.QueryParameter q ->
                Paths.queryParameter(request.pathAndQuery(), q.name()).orElse(null);
          };
      if (value != null) {
        key = key == null ? value : key + "\n" + value;
        if (policy.terminal()) {
          break;
        }
      }
    }
    return key;
  }

  static @Nullable String cookie(@Nullable String header, String name) {
    if (header == null) {
      return null;
    }
    for (String pair : header.split(";")) {
      int equals = pair.indexOf('=');
      if (equals > 0 && pair.substring(0, equals).strip().equals(name)) {
        return pair.substring(equals + 1).strip();
      }
    }
    return null;
  }
}
