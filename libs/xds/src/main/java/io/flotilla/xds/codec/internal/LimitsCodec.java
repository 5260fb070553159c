// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec.internal;

import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers.Thresholds;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import io.envoyproxy.envoy.type.v3.Percent;
import io.flotilla.model.InvalidModelException;
import io.flotilla.model.cluster.CircuitBreakers;
import io.flotilla.model.cluster.CircuitBreakers.Limits;
import io.flotilla.model.cluster.CircuitBreakers.RetryBudget;

/** What clusters refuse work beyond. */
final class LimitsCodec {
  private static final long NO_LIMIT = 0xFFFF_FFFFL;
  private static final double ENVOYS_BUDGET_PERCENT = 20;
  private static final int ENVOYS_BUDGET_MINIMUM = 3;

  private LimitsCodec() {}

  static void encode(
      CircuitBreakers breakers, io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers.Builder b) {
    b.addThresholds(thresholds(breakers.usual()));
    if (!breakers.high().equals(Limits.ENVOYS)) {
      b.addThresholds(thresholds(breakers.high()).setPriority(RoutingPriority.HIGH));
    }
  }

  private static Thresholds.Builder thresholds(Limits limits) {
    Thresholds.Builder b =
        Thresholds.newBuilder()
            .setMaxConnections(Common.uint32(limits.maxConnections()))
            .setMaxPendingRequests(Common.uint32(limits.maxPendingRequests()))
            .setMaxRequests(Common.uint32(limits.maxRequests()))
            .setMaxRetries(Common.uint32(limits.maxRetries()))
            .setTrackRemaining(limits.trackRemaining());
    limits
        .retryBudget()
        .ifPresent(
            r ->
                b.getRetryBudgetBuilder()
                    .setBudgetPercent(Percent.newBuilder().setValue(r.percent()))
                    .setMinRetryConcurrency(Common.uint32(r.minimum())));
    return b;
  }

  static CircuitBreakers decode(io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers c) {
    if (c.getPerHostThresholdsCount() > 0) {
      throw new InvalidModelException(
          "per_host_thresholds of circuit breakers are not supported; remove them");
    }
    return new CircuitBreakers(decode(c, RoutingPriority.DEFAULT), decode(c, RoutingPriority.HIGH));
  }

  private static Limits decode(
      io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers c, RoutingPriority priority) {
    // As in Envoy, the first of a priority counts.
    return c.getThresholdsList().stream()
        .filter(t -> t.getPriority() == priority)
        .findFirst()
        .map(LimitsCodec::limits)
        .orElse(Limits.ENVOYS);
  }

  private static Limits limits(Thresholds t) {
    Limits usual = Limits.ENVOYS;
    return new Limits(
        limit(t.hasMaxConnections(), t.getMaxConnections(), usual.maxConnections()),
        limit(t.hasMaxPendingRequests(), t.getMaxPendingRequests(), usual.maxPendingRequests()),
        limit(t.hasMaxRequests(), t.getMaxRequests(), usual.maxRequests()),
        limit(t.hasMaxRetries(), t.getMaxRetries(), usual.maxRetries()),
        Common.when(t.hasRetryBudget(), () -> budget(t.getRetryBudget())),
        t.getTrackRemaining());
  }

  private static RetryBudget budget(Thresholds.RetryBudget told) {
    return new RetryBudget(
        told.hasBudgetPercent() ? told.getBudgetPercent().getValue() : ENVOYS_BUDGET_PERCENT,
        limit(told.hasMinRetryConcurrency(), told.getMinRetryConcurrency(), ENVOYS_BUDGET_MINIMUM));
  }

  private static long limit(boolean present, UInt32Value value, long otherwise) {
    if (!present) {
      return otherwise;
    }
    long unsigned = Integer.toUnsignedLong(value.getValue());
    return unsigned == NO_LIMIT ? Long.MAX_VALUE : unsigned;
  }
}
