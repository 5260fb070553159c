// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.route;

import io.flotilla.model.Checks;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * When and how a request is tried again.
 *
 * @param conditions what is retried
 * @param statusCodes answers that are retried when {@link Condition#RETRIABLE_STATUS_CODES} is set
 * @param maxRetries beyond the first try
 * @param perTryTimeout zero or empty: none
 * @param backoffBase between tries, exponential with full jitter
 * @param avoidPreviousHosts prefer endpoints that were not tried
 * @param hostSelectionAttempts how often a tried endpoint is drawn again before it is accepted
 */
public record RetryPolicy(
    Set<Condition> conditions,
    Set<Integer> statusCodes,
    int maxRetries,
    Optional<Duration> perTryTimeout,
    Duration backoffBase,
    Duration backoffMax,
    boolean avoidPreviousHosts,
    int hostSelectionAttempts,
    RetryDetails details) {

  /** Envoy's default back-off. */
  public static final Duration DEFAULT_BACKOFF_BASE = Duration.ofMillis(25);

  public static final Duration DEFAULT_BACKOFF_MAX = Duration.ofMillis(250);

  public RetryPolicy {
    conditions = Set.copyOf(conditions);
    statusCodes = Set.copyOf(statusCodes);
    Checks.inRange(maxRetries, 0, 1000, "retries of a retry policy");
  }

  /** Without details. */
  public RetryPolicy(
      Set<Condition> conditions,
      Set<Integer> statusCodes,
      int maxRetries,
      Optional<Duration> perTryTimeout,
      Duration backoffBase,
      Duration backoffMax,
      boolean avoidPreviousHosts,
      int hostSelectionAttempts) {
    this(
        conditions,
        statusCodes,
        maxRetries,
        perTryTimeout,
        backoffBase,
        backoffMax,
        avoidPreviousHosts,
        hostSelectionAttempts,
        RetryDetails.NONE);
  }

  /** The same with other details. */
  public RetryPolicy with(RetryDetails other) {
    return new RetryPolicy(
        conditions,
        statusCodes,
        maxRetries,
        perTryTimeout,
        backoffBase,
        backoffMax,
        avoidPreviousHosts,
        hostSelectionAttempts,
        other);
  }

  /** Envoy's retry_on words, "-" as "_". */
  public enum Condition {
    FIVE_XX("5xx"),
    GATEWAY_ERROR("gateway-error"),
    RESET("reset"),
    RESET_BEFORE_REQUEST("reset-before-request"),
    CONNECT_FAILURE("connect-failure"),
    REFUSED_STREAM("refused-stream"),
    RETRIABLE_4XX("retriable-4xx"),
    RETRIABLE_STATUS_CODES("retriable-status-codes"),
    RETRIABLE_HEADERS("retriable-headers"),
    ENVOY_RATELIMITED("envoy-ratelimited"),
    GRPC_CANCELLED("cancelled"),
    GRPC_DEADLINE_EXCEEDED("deadline-exceeded"),
    GRPC_INTERNAL("internal"),
    GRPC_RESOURCE_EXHAUSTED("resource-exhausted"),
    GRPC_UNAVAILABLE("unavailable");

    private final String word;

    Condition(String word) {
      this.word = word;
    }

    /** As Envoy and Istio spell it. */
    public String word() {
      return word;
    }

    /** The condition spelled {@code word}, or empty. */
    public static Optional<Condition> ofWord(String word) {
      for (Condition c : values()) {
        if (c.word.equals(word)) {
          return Optional.of(c);
        }
      }
      return Optional.empty();
    }
  }
}
