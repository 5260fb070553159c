// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.policy;

import io.flotilla.model.Checks;
import io.flotilla.model.match.Percentage;
import java.time.Duration;
import java.util.List;

/**
 * Asks a rate-limit service whether a request is one too many (Envoy:
 * extensions.filters.http.ratelimit.v3.RateLimit).
 *
 * @param stage of the rules that count here
 * @param of which requests it is asked
 * @param answer what a client gets
 * @param enabled of how many requests it is asked
 * @param enforced of how many that are too many are refused
 */
public record GlobalRateLimit(
    String domain,
    int stage,
    Requests of,
    GrpcService service,
    boolean denyOnError,
    int statusOnError,
    Answer answer,
    Percentage enabled,
    Percentage enforced,
    String statPrefix) {
  /** Envoy's time-out where none is given. */
  public static final Duration DEFAULT_TIMEOUT = Duration.ofMillis(20);

  public GlobalRateLimit {
    Checks.notEmpty(domain, "domain of a rate limit");
    Checks.inRange(stage, 0, 10, "stage of rate limit " + domain);
    Checks.inRange(statusOnError, 200, 599, "status on errors of rate limit " + domain);
  }

  /** By where they come from, as x-envoy-internal says. */
  public enum Requests {
    BOTH,
    INTERNAL,
    EXTERNAL
  }

  /**
   * What a client gets.
   *
   * @param resourceExhausted the status of a refused gRPC request; otherwise UNAVAILABLE
   * @param tellsLimits by x-ratelimit-*
   * @param tellsRefusal by x-envoy-ratelimited
   */
  public record Answer(
      int status,
      boolean resourceExhausted,
      boolean tellsLimits,
      boolean tellsRefusal,
      List<LocalRateLimit.Header> headers) {
    /** 429. */
    public static final Answer PLAIN = new Answer(429, false, false, true, List.of());

    public Answer {
      Checks.inRange(status, 400, 599, "status of a rate limit");
      headers = List.copyOf(headers);
    }
  }
}
