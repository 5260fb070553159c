// SPDX-License-Identifier: Apache-2.0
package io.flotilla.shell;

import java.util.Map;

/**
 * A further HTTP port of the process. Requests that arrive on it are routed as if their path began
 * with another prefix, so that APIs which share paths are told apart by the port alone. A service
 * declares one as a CDI bean; {@link FurtherPorts} opens it.
 *
 * @param name for logs and errors, "Jaeger query API"
 * @param host the address to bind
 * @param port 0: not opened
 * @param prefixes what a path begins with on this port, to what it begins with on the process's
 *     router; the longest that fits wins; other paths (health, metrics) stay
 */
public record FurtherPort(String name, String host, int port, Map<String, String> prefixes) {
  public FurtherPort {
    prefixes = Map.copyOf(prefixes);
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException("port of " + name + " must be 0 to 65535, but is " + port);
    }
  }

  /** The path on the process's router for {@code path} on this port. */
  String onRouter(String path) {
    String best = null;
    for (String prefix : prefixes.keySet()) {
      if (path.startsWith(prefix) && (best == null || prefix.length() > best.length())) {
        best = prefix;
      }
    }
    return best == null ? path : prefixes.get(best) + path.substring(best.length());
  }
}
