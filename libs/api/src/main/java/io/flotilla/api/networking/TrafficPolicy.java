// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import io.flotilla.api.schema.Field;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** How traffic to a destination is carried. */
public record TrafficPolicy(
    @Field("How a workload is chosen.") Optional<LoadBalancerSettings> loadBalancer,
    @Field("How many connections and requests there may be.")
        Optional<ConnectionPoolSettings> connectionPool,
    @Field("When a workload is left out for a while.") Optional<OutlierDetection> outlierDetection,
    @Field("TLS towards the destination.") Optional<ClientTlsSettings> tls,
    @Field(value = "What applies to single ports, in place of the above.", maxSize = 4096)
        List<PortTrafficPolicy> portLevelSettings,
    @Field("Carries connections inside HTTP CONNECT.") Optional<Tunnel> tunnel,
    @Field("Sends the PROXY protocol's header.") Optional<ProxyProtocol> proxyProtocol,
    @Field("Limits retries to a share of the requests.") Optional<RetryBudget> retryBudget) {

  /** What applies to one port. */
  public record PortTrafficPolicy(
      @Field("The service's port.") Optional<PortSelector> port,
      @Field("How a workload is chosen.") Optional<LoadBalancerSettings> loadBalancer,
      @Field("How many connections and requests there may be.")
          Optional<ConnectionPoolSettings> connectionPool,
      @Field("When a workload is left out for a while.")
          Optional<OutlierDetection> outlierDetection,
      @Field("TLS towards the destination.") Optional<ClientTlsSettings> tls) {}

  /** A tunnel through HTTP CONNECT. */
  public record Tunnel(
      @Field("CONNECT or POST; CONNECT if absent.") Optional<String> protocol,
      @Field(value = "The host to which the tunnel leads.", required = true) String targetHost,
      @Field(value = "The port to which it leads.", required = true, unsigned = true)
          int targetPort) {
    public Tunnel {
      Ports.check("targetPort", targetPort);
    }
  }

  /** The PROXY protocol's header towards a destination. */
  public record ProxyProtocol(@Field("The version; V1 if absent.") Optional<Version> version) {
    /** The header's form: text or binary. */
    public enum Version {
      V1,
      V2
    }
  }

  /** The share of requests that may be retries. */
  public record RetryBudget(
      @Field(
              value = "Per cent of the active requests; 20 if absent.",
              nullable = true,
              minimum = 0,
              maximum = 100)
          Optional<Double> percent,
      @Field("Over which time requests are counted; now, if absent.")
          Optional<Duration> budgetInterval,
      @Field(value = "How many are always allowed; 3 if absent.", unsigned = true)
          Optional<Long> minRetryConcurrency) {}
}
