// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.cluster;

import io.flotilla.model.Checks;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A set of endpoints and how they are reached (Envoy: config.cluster.v3.Cluster).
 *
 * @param name in Istio's form "direction|port|subset|host" for services
 * @param transports tried in order against the endpoint's tags; the first that fits is used; empty:
 *     plaintext
 * @param services what the cluster stands for in metrics; may be empty
 * @param endpointRules which endpoints take part
 * @param bindSource the local address of upstream connections ("127.0.0.6" inbound), or empty
 */
public record Cluster(
    String name,
    Discovery discovery,
    LoadBalancing loadBalancing,
    Duration connectTimeout,
    HttpUpstream http,
    List<TransportMatch> transports,
    CircuitBreakers circuitBreakers,
    Optional<OutlierDetection> outlierDetection,
    Optional<String> bindSource,
    List<ServiceRef> services,
    ConnectionSettings connection,
    EndpointRules endpointRules,
    String source) {

  public Cluster {
    Checks.notEmpty(name, "name of a cluster");
    Checks.require(
        !connectTimeout.isZero() && !connectTimeout.isNegative(),
        "connect timeout of cluster " + name + " must be positive, but is " + connectTimeout);
    Checks.require(
        http != HttpUpstream.HTTP1
            || endpointRules
                .healthCheck()
                .filter(h -> h.kind() instanceof HealthCheck.Grpc)
                .isEmpty(),
        "cluster " + name + " must speak HTTP/2, for its health check is gRPC's");
    transports = List.copyOf(transports);
    services = List.copyOf(services);
  }

  /** Whose endpoints take part as the control plane says. */
  public Cluster(
      String name,
      Discovery discovery,
      LoadBalancing loadBalancing,
      Duration connectTimeout,
      HttpUpstream http,
      List<TransportMatch> transports,
      CircuitBreakers circuitBreakers,
      Optional<OutlierDetection> outlierDetection,
      Optional<String> bindSource,
      List<ServiceRef> services,
      ConnectionSettings connection,
      String source) {
    this(
        name,
        discovery,
        loadBalancing,
        connectTimeout,
        http,
        transports,
        circuitBreakers,
        outlierDetection,
        bindSource,
        services,
        connection,
        EndpointRules.DEFAULT,
        source);
  }

  /** The same under other rules for its endpoints. */
  public Cluster with(EndpointRules rules) {
    return new Cluster(
        name,
        discovery,
        loadBalancing,
        connectTimeout,
        http,
        transports,
        circuitBreakers,
        outlierDetection,
        bindSource,
        services,
        connection,
        rules,
        source);
  }

  /** Plain HTTP/1.1 with Istio's defaults. */
  public static Cluster of(String name, Discovery discovery) {
    return new Cluster(
        name,
        discovery,
        LoadBalancing.LEAST_REQUEST,
        Duration.ofSeconds(10),
        HttpUpstream.HTTP1,
        List.of(),
        CircuitBreakers.UNLIMITED,
        Optional.empty(),
        Optional.empty(),
        List.of(),
        ConnectionSettings.DEFAULT,
        "");
  }

  /** Which protocol goes upstream. */
  public enum HttpUpstream {
    HTTP1,
    HTTP2,
    /** What the downstream connection speaks. */
    SAME_AS_DOWNSTREAM,
    /** What ALPN on the upstream connection decides. */
    AUTO
  }

  /** The service behind a cluster. */
  public record ServiceRef(String host, String name, String namespace) {}
}
