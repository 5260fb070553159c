// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.route;

import io.flotilla.model.Checks;
import io.flotilla.model.match.Percentage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What becomes of a request that a route matched. */
public sealed interface RouteAction {

  /** The clusters that may be chosen, mirrors included. */
  default List<String> clusters() {
    return List.of();
  }

  /**
   * To an upstream cluster.
   *
   * @param timeout for the whole exchange, retries included; zero: none; empty: 15 s (Envoy's
   *     default)
   * @param idleTimeout of the stream; zero or empty: the connection manager's
   * @param maxGrpcTimeout bounds the grpc-timeout header, which then is the timeout; zero: the
   *     header as it is; empty: the header is ignored
   * @param hashPolicies for ring hash and maglev; empty: random
   * @param upgrades lower-case upgrade types allowed ("websocket"); {@link #CONNECT}
   */
  record Forward(
      ClusterChoice cluster,
      Optional<Duration> timeout,
      Optional<Duration> idleTimeout,
      Optional<Duration> maxGrpcTimeout,
      Optional<RetryPolicy> retryPolicy,
      Optional<PathRewrite> pathRewrite,
      HostRewrite hostRewrite,
      List<HashPolicy> hashPolicies,
      List<Mirror> mirrors,
      List<String> upgrades,
      Terms terms)
      implements RouteAction {
    /** Among the upgrades: CONNECT ends here, and its bytes go to the cluster as they are. */
    public static final String CONNECT = "connect";

    public Forward {
      hashPolicies = List.copyOf(hashPolicies);
      mirrors = List.copyOf(mirrors);
      upgrades = List.copyOf(upgrades);
      timeout.ifPresent(t -> Checks.notNegative(t, "route timeout"));
    }

    /** On the usual terms. */
    public Forward(
        ClusterChoice cluster,
        Optional<Duration> timeout,
        Optional<Duration> idleTimeout,
        Optional<Duration> maxGrpcTimeout,
        Optional<RetryPolicy> retryPolicy,
        Optional<PathRewrite> pathRewrite,
        HostRewrite hostRewrite,
        List<HashPolicy> hashPolicies,
        List<Mirror> mirrors,
        List<String> upgrades) {
      this(
          cluster,
          timeout,
          idleTimeout,
          maxGrpcTimeout,
          retryPolicy,
          pathRewrite,
          hostRewrite,
          hashPolicies,
          mirrors,
          upgrades,
          Terms.USUAL);
    }

    /** The same on other terms. */
    public Forward on(Terms other) {
      return new Forward(
          cluster,
          timeout,
          idleTimeout,
          maxGrpcTimeout,
          retryPolicy,
          pathRewrite,
          hostRewrite,
          hashPolicies,
          mirrors,
          upgrades,
          other);
    }

    /** To one cluster, without a timeout and with no retries. */
    public static Forward to(String cluster) {
      return to(new ClusterChoice.Single(cluster));
    }

    /** To the choice, without a timeout and with no retries. */
    public static Forward to(ClusterChoice cluster) {
      return new Forward(
          cluster,
          Optional.of(Duration.ZERO),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          new HostRewrite.Keep(),
          List.of(),
          List.of(),
          List.of());
    }

    /** The same for these upgrades. */
    public Forward allowing(List<String> types) {
      return new Forward(
          cluster,
          timeout,
          idleTimeout,
          maxGrpcTimeout,
          retryPolicy,
          pathRewrite,
          hostRewrite,
          hashPolicies,
          mirrors,
          types,
          terms);
    }

    @Override
    public List<String> clusters() {
      List<String> all = new ArrayList<>(cluster.clusters());
      mirrors.forEach(m -> all.add(m.cluster()));
      return List.copyOf(all);
    }
  }

  /**
   * An answer that sends the client elsewhere. Empty fields keep the request's own.
   *
   * @param status 301, 302, 303, 307 or 308
   */
  record Redirect(
      int status,
      Optional<String> scheme,
      Optional<String> host,
      Optional<Integer> port,
      Optional<PathRewrite> path,
      boolean stripQuery)
      implements RouteAction {
    public Redirect {
      Checks.require(
          status == 301 || status == 302 || status == 303 || status == 307 || status == 308,
          "a redirect's status must be 301, 302, 303, 307 or 308, but is " + status);
    }
  }

  /**
   * An answer made here.
   *
   * @param body text; at most the route configuration's limit
   */
  record DirectResponse(int status, String body) implements RouteAction {
    public DirectResponse {
      Checks.inRange(status, 200, 599, "status of a direct response");
    }
  }

  /** The request is not this proxy's to forward by HTTP; inbound routes of TCP services. */
  record NonForwarding() implements RouteAction {}

  /**
   * A copy of the request whose answer is dropped.
   *
   * @param fraction the share of requests copied
   * @param marked whether the copy's authority tells that it is one ("a.b" is "a.b-shadow")
   */
  record Mirror(String cluster, Percentage fraction, boolean marked) {
    public Mirror {
      Checks.notEmpty(cluster, "cluster of a mirror");
    }

    /** Whose copies are marked, as Envoy does by default. */
    public Mirror(String cluster, Percentage fraction) {
      this(cluster, fraction, true);
    }
  }
}
