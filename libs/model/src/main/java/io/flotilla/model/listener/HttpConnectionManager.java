// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.listener;

import io.flotilla.model.Checks;
import io.flotilla.model.route.RouteConfiguration;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Speaks HTTP/1 and HTTP/2 with the client (Envoy: http_connection_manager).
 *
 * @param useRemoteAddress the peer is the client (edge): x-forwarded-for is appended, internal
 *     headers of outsiders are removed
 * @param serverName the "server" header of answers; empty: the upstream's is passed through
 * @param streamIdleTimeout empty: 5 minutes; zero: none
 * @param requestHeadersTimeout zero: none
 * @param maxRequestHeadersKiB request head's limit
 * @param upgrades lower-case upgrade types allowed
 */
public record HttpConnectionManager(
    String statPrefix,
    Codec codec,
    RouteSource routes,
    List<HttpFilter> filters,
    boolean useRemoteAddress,
    int xffTrustedHops,
    ForwardClientCert forwardClientCert,
    boolean setCurrentClientCertDetails,
    String serverName,
    PathNormalization paths,
    Optional<Duration> streamIdleTimeout,
    Duration requestHeadersTimeout,
    Optional<Duration> idleTimeout,
    int maxRequestHeadersKiB,
    List<String> upgrades,
    Optional<Tracing> tracing,
    List<AccessLog> accessLogs)
    implements Terminal {

  public HttpConnectionManager {
    Checks.notEmpty(statPrefix, "stat prefix of an HTTP connection manager");
    filters = List.copyOf(filters);
    upgrades = List.copyOf(upgrades);
    accessLogs = List.copyOf(accessLogs);
    Checks.inRange(maxRequestHeadersKiB, 1, 8192, "KiB of request headers of " + statPrefix);
    Checks.require(
        !filters.isEmpty() && filters.getLast() instanceof HttpFilter.Router,
        "the last HTTP filter of " + statPrefix + " must be the router");
  }

  /** Inside the mesh, with Istio's defaults. */
  public static HttpConnectionManager of(
      String statPrefix, RouteSource routes, List<HttpFilter> filters) {
    return new HttpConnectionManager(
        statPrefix,
        Codec.AUTO,
        routes,
        filters,
        false,
        0,
        ForwardClientCert.SANITIZE,
        false,
        "",
        PathNormalization.BASE,
        Optional.of(Duration.ZERO),
        Duration.ZERO,
        Optional.empty(),
        60,
        List.of("websocket"),
        Optional.empty(),
        List.of());
  }

  /** What the client may speak. */
  public enum Codec {
    AUTO,
    HTTP1,
    HTTP2
  }

  /** x-forwarded-client-cert. */
  public enum ForwardClientCert {
    SANITIZE,
    FORWARD_ONLY,
    APPEND_FORWARD,
    SANITIZE_SET,
    ALWAYS_FORWARD_ONLY
  }

  /** Where routes come from. */
  public sealed interface RouteSource {
    /** RDS, under this name. */
    record Rds(String name) implements RouteSource {
      public Rds {
        Checks.notEmpty(name, "RDS name");
      }
    }

    /** Carried in the listener. */
    record Inline(RouteConfiguration routes) implements RouteSource {}
  }
}
