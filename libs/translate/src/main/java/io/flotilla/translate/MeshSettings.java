// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate;

import io.flotilla.model.listener.PathNormalization;
import io.flotilla.translate.policy.AuthorizationProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What of the mesh's own settings (Istio's MeshConfig) the translation needs.
 *
 * @param trustDomain of the mesh's identities
 * @param domain DNS suffix of Kubernetes services
 * @param rootNamespace where mesh-wide policies live
 * @param clusterId the registry's name, as in metrics
 * @param allowAny whether hosts that nobody declared may be reached (outboundTrafficPolicy)
 * @param accessLogPath "/dev/stdout", a file, or empty: no access log
 * @param accessLogFormat empty: Istio's own
 * @param tracing where spans go; empty: nowhere
 * @param samplingPercent of requests that begin a trace, 0 to 100
 * @param outboundPort, inboundPort where intercepted connections arrive (15001, 15006)
 * @param httpProxyPort where proxies that do not intercept take HTTP proxy requests (15007)
 * @param trustDomainAliases other names under which the mesh's identities are known
 * @param authorizationProviders whom policies with the action CUSTOM may ask, by name
 * @param paths what becomes of requests' paths before anything is decided by them
 *     (pathNormalization)
 */
public record MeshSettings(
    String trustDomain,
    String domain,
    String rootNamespace,
    String clusterId,
    boolean allowAny,
    String accessLogPath,
    String accessLogFormat,
    Optional<Exporter> tracing,
    double samplingPercent,
    int outboundPort,
    int inboundPort,
    int httpProxyPort,
    List<String> trustDomainAliases,
    Map<String, AuthorizationProvider> authorizationProviders,
    PathNormalization paths) {

  /** Istio's defaults. */
  public static final MeshSettings DEFAULT =
      new MeshSettings(
          "cluster.local",
          "cluster.local",
          "istio-system",
          "Kubernetes",
          true,
          "",
          "",
          Optional.empty(),
          1,
          15001,
          15006,
          15007,
          List.of(),
          Map.of(),
          PathNormalization.BASE);

  public MeshSettings {
    trustDomainAliases = List.copyOf(trustDomainAliases);
    authorizationProviders = Map.copyOf(authorizationProviders);
    if (samplingPercent < 0 || samplingPercent > 100) {
      throw new IllegalArgumentException(
          "the mesh's sampling must be 0 to 100 per cent, but is " + samplingPercent);
    }
  }

  /** The mesh with another exporter of spans. */
  public MeshSettings withTracing(Exporter exporter, double percent) {
    return new MeshSettings(
        trustDomain,
        domain,
        rootNamespace,
        clusterId,
        allowAny,
        accessLogPath,
        accessLogFormat,
        Optional.of(exporter),
        percent,
        outboundPort,
        inboundPort,
        httpProxyPort,
        trustDomainAliases,
        authorizationProviders,
        paths);
  }

  /** The trust domain and its aliases. */
  public List<String> trustDomains() {
    List<String> out = new ArrayList<>(List.of(trustDomain));
    out.addAll(trustDomainAliases);
    return out;
  }

  /** The mesh under further trust domains. */
  public MeshSettings withTrustDomainAliases(List<String> aliases) {
    return new MeshSettings(
        trustDomain,
        domain,
        rootNamespace,
        clusterId,
        allowAny,
        accessLogPath,
        accessLogFormat,
        tracing,
        samplingPercent,
        outboundPort,
        inboundPort,
        httpProxyPort,
        aliases,
        authorizationProviders,
        paths);
  }

  /** The mesh with authorization services. */
  public MeshSettings withAuthorizationProviders(List<AuthorizationProvider> providers) {
    return new MeshSettings(
        trustDomain,
        domain,
        rootNamespace,
        clusterId,
        allowAny,
        accessLogPath,
        accessLogFormat,
        tracing,
        samplingPercent,
        outboundPort,
        inboundPort,
        httpProxyPort,
        trustDomainAliases,
        providers.stream().collect(Collectors.toMap(AuthorizationProvider::name, p -> p)),
        paths);
  }

  /** The identity of a service account. */
  public String identity(String namespace, String serviceAccount) {
    return "spiffe://" + trustDomain + "/ns/" + namespace + "/sa/" + serviceAccount;
  }

  /** Where spans go, by OTLP over gRPC. */
  public record Exporter(String host, int port) {}
}
