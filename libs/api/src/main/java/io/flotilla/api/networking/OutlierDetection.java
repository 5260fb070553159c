// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import static io.flotilla.api.InvalidValueException.require;

import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.Rule;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** When a workload that fails is left out for a while. */
public record OutlierDetection(
    @Field("Deprecated: use consecutive5xxErrors.") Optional<Integer> consecutiveErrors,
    @Field("Whether failures to connect are counted apart.")
        Optional<Boolean> splitExternalLocalOriginErrors,
    @Field(value = "Failures to connect in a row; 5 if absent.", unsigned = true, nullable = true)
        Optional<Long> consecutiveLocalOriginFailures,
    @Field(
            value = "Gateway errors (502, 503, 504) in a row; 0: not counted.",
            unsigned = true,
            nullable = true)
        Optional<Long> consecutiveGatewayErrors,
    @Field(
            value = "Server errors in a row; 5 if absent, 0: not counted.",
            unsigned = true,
            nullable = true)
        Optional<Long> consecutive5xxErrors,
    @Field(value = "Time between looks; 10s if absent.", rules = Rule.AT_LEAST_1MS)
        Optional<Duration> interval,
    @Field(
            value = "How long it is left out, times how often it was; 30s if absent.",
            rules = Rule.AT_LEAST_1MS)
        Optional<Duration> baseEjectionTime,
    @Field("How many may be left out, per cent; 10 if absent.")
        Optional<Integer> maxEjectionPercent,
    @Field("Below this share of healthy workloads, per cent, all are used; 0 if absent.")
        Optional<Integer> minHealthPercent,
    @Field(value = "Statuses that count as errors.", itemMinimum = 100, itemMaximum = 599)
        List<Integer> outlierDetectionHttpErrorCodes) {
  public OutlierDetection {
    checkPercent("maxEjectionPercent", maxEjectionPercent);
    checkPercent("minHealthPercent", minHealthPercent);
  }

  private static void checkPercent(String field, Optional<Integer> percent) {
    percent.ifPresent(
        p -> require(p >= 0 && p <= 100, field, "a percentage is 0 to 100, not " + p));
  }
}
