// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.cluster;

import io.flotilla.model.Checks;
import io.flotilla.model.InvalidModelException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How endpoints are asked whether they are well (Envoy: core.v3.HealthCheck).
 *
 * @param timing when they are asked
 * @param unhealthyThreshold failures in a row after which an endpoint is not well; an answer that
 *     says so itself counts at once
 * @param healthyThreshold successes in a row after which it is well again; at its first check, one
 * @param reuseConnection whether checks share a connection
 */
public record HealthCheck(
    Kind kind,
    Timing timing,
    int unhealthyThreshold,
    int healthyThreshold,
    boolean reuseConnection) {
  public HealthCheck {
    Checks.inRange(unhealthyThreshold, 1, Integer.MAX_VALUE, "unhealthy threshold");
    Checks.inRange(healthyThreshold, 1, Integer.MAX_VALUE, "healthy threshold");
  }

  /** Every {@code interval}, by Envoy's other defaults. */
  public static HealthCheck of(Kind kind, Duration timeout, Duration interval) {
    return new HealthCheck(
        kind,
        new Timing(
            timeout,
            interval,
            interval,
            interval,
            interval,
            interval,
            Duration.ZERO,
            Duration.ZERO,
            0),
        2,
        2,
        true);
  }

  /**
   * @param timeout of one check
   * @param interval between checks
   * @param noTrafficInterval while no connection was ever made for a request
   * @param unhealthyInterval of an endpoint that is not well
   * @param unhealthyEdgeInterval after the check that found it so
   * @param healthyEdgeInterval after the check that found it well again
   * @param initialJitter before the first check, up to this
   * @param jitter on top of each interval, up to this
   * @param jitterPercent on top of each interval, up to this share of it
   */
  public record Timing(
      Duration timeout,
      Duration interval,
      Duration noTrafficInterval,
      Duration unhealthyInterval,
      Duration unhealthyEdgeInterval,
      Duration healthyEdgeInterval,
      Duration initialJitter,
      Duration jitter,
      int jitterPercent) {
    public Timing {
      positive(timeout, "timeout");
      positive(interval, "interval");
      positive(noTrafficInterval, "interval without traffic");
      positive(unhealthyInterval, "interval of unhealthy endpoints");
      positive(unhealthyEdgeInterval, "interval after an endpoint failed");
      positive(healthyEdgeInterval, "interval after an endpoint came back");
      Checks.notNegative(initialJitter, "first jitter of health checks");
      Checks.notNegative(jitter, "jitter of health checks");
      Checks.inRange(jitterPercent, 0, Integer.MAX_VALUE, "jitter percentage of health checks");
    }

    private static void positive(Duration value, String what) {
      Checks.require(
          !value.isZero() && !value.isNegative(),
          what + " of a health check must be positive, but is " + value);
    }
  }

  /** What is asked. */
  public sealed interface Kind {}

  /**
   * A request.
   *
   * @param host empty: the cluster's name
   * @param expected statuses that say that it is well; empty: 200
   * @param tolerated statuses that count as one failure, rather than at once
   */
  public record Http(
      String host,
      String path,
      String method,
      Map<String, String> headers,
      List<Statuses> expected,
      List<Statuses> tolerated,
      boolean http2)
      implements Kind {
    public Http {
      Checks.notEmpty(path, "path of a health check");
      Checks.require(
          !method.equals("CONNECT"), "method of a health check must not be CONNECT, but GET, say");
      headers = Map.copyOf(headers);
      expected = List.copyOf(expected);
      tolerated = List.copyOf(tolerated);
    }

    /** GET of a path. */
    public static Http of(String path) {
      return new Http("", path, "GET", Map.of(), List.of(), List.of(), false);
    }
  }

  /**
   * From {@code start} to below {@code end}.
   *
   * @param end exclusive
   */
  public record Statuses(int start, int end) {
    public Statuses {
      Checks.inRange(start, 100, 599, "first status of a range");
      Checks.inRange(end, start + 1, 600, "end of a range of statuses");
    }
  }

  /** grpc.health.v1.Health/Check. */
  public record Grpc(String service, String authority) implements Kind {}

  /**
   * A connection.
   *
   * @param send sent once it is there, as hexadecimal digits; empty: to connect is enough
   * @param receive found in what comes back, in this order; hexadecimal digits
   */
  public record Tcp(Optional<String> send, List<String> receive) implements Kind {
    public Tcp {
      receive = List.copyOf(receive);
      send.ifPresent(Tcp::digits);
      receive.forEach(Tcp::digits);
    }

    private static void digits(String text) {
      try {
        HexFormat.of().parseHex(text);
      } catch (IllegalArgumentException e) {
        throw new InvalidModelException(
            "payload of a health check must be hexadecimal digits, but is " + text);
      }
    }
  }
}
