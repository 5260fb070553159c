// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import static io.flotilla.api.InvalidValueException.require;

import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.OneOf;
import io.flotilla.api.schema.Rule;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How a workload of a destination is chosen. */
@OneOf({"simple", "consistentHash"})
public record LoadBalancerSettings(
    @Field("One of the standard algorithms.") Optional<Simple> simple,
    @Field("The same workload for requests that hash alike.")
        Optional<ConsistentHash> consistentHash,
    @Field("Prefers near localities.") Optional<LocalityLoadBalancer> localityLbSetting,
    @Field("Prefers the own zone.") Optional<ZoneAware> zoneAwareLbSetting,
    @Field(value = "Deprecated: use warmup.", rules = Rule.AT_LEAST_1MS)
        Optional<Duration> warmupDurationSecs,
    @Field("Gives new workloads their share little by little.") Optional<Warmup> warmup) {

  /** The standard algorithms. */
  public enum Simple {
    UNSPECIFIED,
    LEAST_CONN,
    RANDOM,
    PASSTHROUGH,
    ROUND_ROBIN,
    LEAST_REQUEST
  }

  /** Which part of a request is hashed, and onto what. */
  @OneOf({"httpHeaderName", "httpCookie", "useSourceIp", "httpQueryParameterName"})
  @OneOf({"ringHash", "maglev"})
  public record ConsistentHash(
      @Field("Hashes a header.") Optional<String> httpHeaderName,
      @Field("Hashes a cookie, which is set if it is absent.") Optional<Cookie> httpCookie,
      @Field("Hashes the caller's address.") Optional<Boolean> useSourceIp,
      @Field("Hashes a query parameter.") Optional<String> httpQueryParameterName,
      @Field("Onto a ring.") Optional<RingHash> ringHash,
      @Field("Onto a Maglev table.") Optional<Maglev> maglev,
      @Field(value = "Deprecated: use ringHash.", minimum = 0) Optional<Long> minimumRingSize) {}

  /** The cookie that is hashed. */
  public record Cookie(
      @Field(value = "Its name.", required = true) String name,
      @Field("Its path, when it is set.") Optional<String> path,
      @Field("How long it lives, when it is set; 0s: for the session.") Optional<Duration> ttl,
      @Field("Further attributes, when it is set.") List<Attribute> attributes) {

    /** A further attribute of the cookie. */
    public record Attribute(
        @Field(value = "Its name.", required = true) String name,
        @Field("Its value.") Optional<String> value) {}
  }

  /** A ring of hashes. */
  public record RingHash(
      @Field(value = "The least number of entries; 1024 if absent.", minimum = 0)
          Optional<Long> minimumRingSize) {}

  /** A Maglev table. */
  public record Maglev(
      @Field(value = "Its size, a prime; 65537 if absent.", minimum = 0)
          Optional<Long> tableSize) {}

  /** Which localities are preferred. */
  public record LocalityLoadBalancer(
      @Field("Shares by locality of the caller.") List<Distribute> distribute,
      @Field("Where traffic goes when a region fails.") List<Failover> failover,
      @Field("Labels by which near workloads are told, the most weighty first.")
          List<String> failoverPriority,
      @Field(value = "Overrides the mesh's setting.", nullable = true) Optional<Boolean> enabled) {
    public LocalityLoadBalancer {
      require(
          distribute.isEmpty() || failover.isEmpty(),
          "",
          "distribute and failover exclude each other");
    }
  }

  /** The shares of localities for callers in one. */
  public record Distribute(
      @Field("The caller's locality, 'region/zone/*'.") Optional<String> from,
      @Field(value = "Per cent by locality; they add up to 100.", unsigned = true)
          Map<String, Integer> to) {
    public Distribute {
      int sum = to.values().stream().mapToInt(Integer::intValue).sum();
      require(to.isEmpty() || sum == 100, "to", "the shares must add up to 100, but give " + sum);
    }
  }

  /** Where traffic goes when a region fails. */
  public record Failover(
      @Field("The region that fails.") Optional<String> from,
      @Field("The region in its place.") Optional<String> to) {}

  /** How the own zone is preferred. */
  public record ZoneAware(
      @Field(value = "Overrides the mesh's setting.", nullable = true) Optional<Boolean> enabled,
      @Field(
              value = "The least number of workloads for it; 6 if absent.",
              nullable = true,
              unsigned = true,
              minimum = 1)
          Optional<Long> minClusterSize,
      @Field("Where traffic goes when a region fails.") List<Failover> failover,
      @Field("Labels by which near workloads are told.") List<String> failoverPriority) {}

  /** How a new workload gets its share little by little. */
  public record Warmup(
      @Field(value = "How long it takes.", required = true, rules = Rule.AT_LEAST_1MS)
          Duration duration,
      @Field(
              value = "The share at the beginning, per cent; 10 if absent.",
              nullable = true,
              minimum = 0,
              maximum = 100)
          Optional<Double> minimumPercent,
      @Field(
              value = "1: the share grows evenly; more: faster at the beginning.",
              nullable = true,
              minimum = 0)
          Optional<Double> aggression) {}
}
