// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import static io.flotilla.api.InvalidValueException.require;

import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.OneOf;
import io.flotilla.api.schema.Rule;
import java.time.Duration;
import java.util.Optional;

/** Faults that are injected on purpose. */
public record HttpFaultInjection(
    @Field("Holds requests before they are sent on.") Optional<Delay> delay,
    @Field("Answers in place of the destination.") Optional<Abort> abort) {
  public HttpFaultInjection {
    require(delay.isPresent() || abort.isPresent(), "", "a fault needs a delay, an abort or both");
  }

  /** Holds a share of the requests. */
  @OneOf({"fixedDelay", "exponentialDelay"})
  public record Delay(
      @Field("Deprecated: use percentage.") Optional<Integer> percent,
      @Field(value = "How long.", rules = Rule.AT_LEAST_1MS) Optional<Duration> fixedDelay,
      @Field(value = "Not implemented by Envoy.", rules = Rule.AT_LEAST_1MS)
          Optional<Duration> exponentialDelay,
      @Field("The share of requests; absent: all.") Optional<Percent> percentage) {
    public Delay {
      percent.ifPresent(
          p -> require(p >= 0 && p <= 100, "percent", "a percentage is 0 to 100, not " + p));
      require(
          fixedDelay.isPresent() || exponentialDelay.isPresent(), "", "a delay needs fixedDelay");
    }
  }

  /** Answers a share of the requests. */
  @OneOf({"httpStatus", "grpcStatus", "http2Error"})
  public record Abort(
      @Field("The status, 200 to 599.") Optional<Integer> httpStatus,
      @Field("The gRPC status by name, as UNAVAILABLE, or number.") Optional<String> grpcStatus,
      @Field("Not implemented by Envoy.") Optional<String> http2Error,
      @Field("The share of requests; absent: all.") Optional<Percent> percentage) {
    public Abort {
      httpStatus.ifPresent(
          s -> require(s >= 200 && s <= 599, "httpStatus", "a status is 200 to 599, not " + s));
      require(
          httpStatus.isPresent() || grpcStatus.isPresent(),
          "",
          "an abort needs httpStatus or grpcStatus");
    }
  }
}
