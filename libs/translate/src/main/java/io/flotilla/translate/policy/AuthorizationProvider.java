// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.policy;

import io.flotilla.model.listener.NetworkFilter;
import io.flotilla.model.match.MetadataMatch;
import io.flotilla.model.match.Percentage;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.match.ValueMatch;
import io.flotilla.model.policy.ExternalAuthorization;
import io.flotilla.model.policy.GrpcService;
import io.flotilla.model.policy.Rbac;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An authorization service that policies with the action CUSTOM name (Istio:
 * MeshConfig.extensionProviders, envoyExtAuthzGrpc and envoyExtAuthzHttp).
 *
 * @param service "ext-authz.default.svc.cluster.local", maybe with "namespace/" before it
 * @param http what only a service that is asked by HTTP has; empty: it is asked by gRPC
 */
public record AuthorizationProvider(
    String name,
    String service,
    int port,
    Duration timeout,
    boolean failOpen,
    boolean clearRouteCache,
    int statusOnError,
    Optional<ExternalAuthorization.Body> body,
    Optional<Http> http) {
  /** Istio's time-out where none is given. */
  public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(600);

  /** Istio's prefix of the names under which the shadow rules' results are noted. */
  static final String SHADOW_PREFIX = "istio_ext_authz_";

  private static final String PORTS = "must be from 1 to 65535";

  /** Headers may be "*", "x-*" or "*-x". */
  public record Http(
      String pathPrefix,
      List<String> includeRequestHeadersInCheck,
      Map<String, String> includeAdditionalHeadersInCheck,
      List<String> headersToUpstreamOnAllow,
      List<String> headersToDownstreamOnAllow,
      List<String> headersToDownstreamOnDeny) {
    public Http {
      includeRequestHeadersInCheck = List.copyOf(includeRequestHeadersInCheck);
      includeAdditionalHeadersInCheck = Map.copyOf(includeAdditionalHeadersInCheck);
      headersToUpstreamOnAllow = List.copyOf(headersToUpstreamOnAllow);
      headersToDownstreamOnAllow = List.copyOf(headersToDownstreamOnAllow);
      headersToDownstreamOnDeny = List.copyOf(headersToDownstreamOnDeny);
    }
  }

  public AuthorizationProvider {
    if (name.isEmpty() || service.isEmpty()) {
      throw new IllegalArgumentException(
          "an extension provider must have a name and a service, but is '"
              + name
              + "' at '"
              + service
              + "'");
    }
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException(
          "the port of extension provider " + name + " " + PORTS + ", but is " + port);
    }
  }

  /** The service without its namespace. */
  public String host() {
    return service.substring(service.indexOf('/') + 1);
  }

  /** Asks of the requests that shadow rules of a policy applied to. */
  ExternalAuthorization requests(String cluster) {
    return new ExternalAuthorization(
        http.<ExternalAuthorization.Service>map(h -> byHttp(h, cluster))
            .orElseGet(() -> new ExternalAuthorization.Service.Grpc(byGrpc(cluster))),
        new ExternalAuthorization.Question(
            body,
            http.map(Http::includeRequestHeadersInCheck)
                .filter(all -> !all.isEmpty())
                .map(AuthorizationProvider::headers),
            List.of(),
            List.of(),
            false,
            false),
        new ExternalAuthorization.When(Percentage.ALL, Optional.of(when(Rbac.METADATA)), false),
        new ExternalAuthorization.OnError(failOpen, false, statusOnError),
        clearRouteCache,
        false,
        "");
  }

  /** Asks of connections; a service that is asked by HTTP cannot be. */
  Optional<NetworkFilter> connections(String cluster, String statPrefix) {
    return http.isPresent()
        ? Optional.empty()
        : Optional.of(
            new NetworkFilter.Authorization(
                byGrpc(cluster),
                statPrefix,
                failOpen,
                false,
                false,
                Optional.of(when("envoy.filters.network.rbac"))));
  }

  private GrpcService byGrpc(String cluster) {
    return new GrpcService(cluster, host(), timeout, Map.of());
  }

  private ExternalAuthorization.Service byHttp(Http h, String cluster) {
    return new ExternalAuthorization.Service.Http(
        "http://" + host(),
        cluster,
        timeout,
        h.pathPrefix(),
        h.includeAdditionalHeadersInCheck(),
        headers(h.headersToUpstreamOnAllow()),
        List.of(),
        headers(h.headersToDownstreamOnDeny()),
        headers(h.headersToDownstreamOnAllow()),
        List.of());
  }

  private MetadataMatch when(String filter) {
    return new MetadataMatch(
        filter,
        List.of(SHADOW_PREFIX + "shadow_effective_policy_id"),
        new ValueMatch.Text(StringMatch.prefix("istio-ext-authz-" + name)),
        false);
  }

  private static List<StringMatch> headers(List<String> patterns) {
    return patterns.stream().map(AuthorizationProvider::header).toList();
  }

  private static StringMatch header(String pattern) {
    if (pattern.equals("*")) {
      return new StringMatch.Regex(".*");
    }
    if (pattern.startsWith("*")) {
      return new StringMatch.Suffix(pattern.substring(1), true);
    }
    return pattern.endsWith("*")
        ? new StringMatch.Prefix(pattern.substring(0, pattern.length() - 1), true)
        : new StringMatch.Exact(pattern, true);
  }
}
