// SPDX-License-Identifier: Apache-2.0
package io.flotilla.rules.route;

import io.flotilla.model.route.RetryDetails;
import io.flotilla.model.route.RetryPolicy;
import io.flotilla.model.route.RetryPolicy.Condition;
import io.flotilla.rules.RequestView;
import io.flotilla.rules.match.CompiledMatch;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A retry policy whose expressions are compiled. */
public final class RetryRule {
  private final RetryPolicy policy;
  private final List<Predicate<RequestView>> requestHeaders;
  private final List<Predicate<RequestView>> answerHeaders;

  /**
   * @throws io.flotilla.model.InvalidModelException if an expression cannot be compiled
   */
  public RetryRule(RetryPolicy policy) {
    this.policy = policy;
    this.requestHeaders =
        policy.details().requestHeaders().stream().map(CompiledMatch::of).toList();
    this.answerHeaders = policy.details().answerHeaders().stream().map(CompiledMatch::of).toList();
  }

  /** What was compiled. */
  public RetryPolicy policy() {
    return policy;
  }

  /** Whether the request may be tried again at all. */
  public boolean appliesTo(RequestView request) {
    return requestHeaders.isEmpty() || any(requestHeaders, request);
  }

  /** Whether an attempt is tried again that ended without an answer. */
  public boolean wants(Retry.Outcome outcome) {
    return Retry.wanted(policy, outcome);
  }

  /**
   * Whether an answer is tried again.
   *
   * @param answer its headers
   */
  public boolean wants(Retry.Outcome.Answered outcome, RequestView answer) {
    if (answer.header("x-envoy-ratelimited") != null) {
      return policy.conditions().contains(Condition.ENVOY_RATELIMITED);
    }
    return Retry.wanted(policy, outcome)
        || policy.conditions().contains(Condition.RETRIABLE_HEADERS) && any(answerHeaders, answer);
  }

  private static boolean any(List<Predicate<RequestView>> headers, RequestView of) {
    for (Predicate<RequestView> each : headers) {
      if (each.test(of)) {
        return true;
      }
    }
    return false;
  }

  /** How long an answer asks to wait before the next try, at the least; empty: it does not. */
  public Optional<Duration> pause(RequestView answer, Instant now) {
    RetryDetails.RateLimited limited = policy.details().rateLimited().orElse(null);
    if (limited == null) {
      return Optional.empty();
    }
    for (RetryDetails.ResetHeader header : limited.headers()) {
      Optional<Duration> told =
          seconds(answer.header(header.name()))
              .map(s -> header.timestamp() ? s - now.getEpochSecond() : s)
              .filter(s -> s > 0)
              .map(Duration::ofSeconds)
              .filter(d -> d.compareTo(limited.longest()) <= 0);
      if (told.isPresent()) {
        return told;
      }
    }
    return Optional.empty();
  }

  private static Optional<Long> seconds(@Nullable String text) {
    if (text == null || text.length() > 18 || text.isEmpty()) {
      return Optional.empty();
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return Optional.empty();
      }
    }
    return Optional.of(Long.parseLong(text));
  }
}
