// SPDX-License-Identifier: Apache-2.0
package io.flotilla.rules.route;

import io.flotilla.model.route.RetryPolicy;
import io.flotilla.model.route.RetryPolicy.Condition;
import java.util.Set;

/** Whether an attempt is tried again. */
public final class Retry {
  private Retry() {}

  /** How an attempt ended. */
  public sealed interface Outcome {
    /** An answer came; {@code grpcStatus} is -1 when it is not gRPC's or not known yet. */
    record Answered(int status, int grpcStatus) implements Outcome {}

    /** No connection was made: the upstream has not seen the request. */
    record NotConnected() implements Outcome {}

    /** The upstream refused the stream before it worked on it. */
    record Refused() implements Outcome {}

    /**
     * The connection or stream broke before an answer.
     *
     * @param requestSent whether any byte of the request was sent
     */
    record Reset(boolean requestSent) implements Outcome {}

    /** The try's own timeout passed. */
    record TimedOut() implements Outcome {}
  }

  /** Whether the policy wants another try after this outcome. */
  public static boolean wanted(RetryPolicy policy, Outcome outcome) {
    Set<Condition> on = policy.conditions();
    return switch (outcome) {
      case Outcome.NotConnected n ->
          on.contains(Condition.CONNECT_FAILURE)
              || brokenOff(on)
              || on.contains(Condition.RESET_BEFORE_REQUEST);
      case Outcome.Refused r -> on.contains(Condition.REFUSED_STREAM) || brokenOff(on);
      case Outcome.Reset r ->
          brokenOff(on) || (!r.requestSent() && on.contains(Condition.RESET_BEFORE_REQUEST));
      case Outcome.TimedOut t -> brokenOff(on);
      case Outcome.Answered a -> answered(policy, a);
    };
  }

  // An attempt without an answer counts as a server's and a gateway's error, too.
  private static boolean brokenOff(Set<Condition> on) {
    return on.contains(Condition.RESET)
        || on.contains(Condition.FIVE_XX)
        || on.contains(Condition.GATEWAY_ERROR);
  }

  private static boolean answered(RetryPolicy policy, Outcome.Answered a) {
    Set<Condition> on = policy.conditions();
    int status = a.status();
    return (on.contains(Condition.FIVE_XX) && status >= 500)
        || (on.contains(Condition.GATEWAY_ERROR) && status >= 502 && status <= 504)
        || (on.contains(Condition.RETRIABLE_4XX) && status == 409)
        || (on.contains(Condition.RETRIABLE_STATUS_CODES) && policy.statusCodes().contains(status))
        || switch (a.grpcStatus()) {
          case 1 -> on.contains(Condition.GRPC_CANCELLED);
          case 4 -> on.contains(Condition.GRPC_DEADLINE_EXCEEDED);
          case 8 -> on.contains(Condition.GRPC_RESOURCE_EXHAUSTED);
          case 13 -> on.contains(Condition.GRPC_INTERNAL);
          case 14 -> on.contains(Condition.GRPC_UNAVAILABLE);
          default -> false;
        };
  }
}
