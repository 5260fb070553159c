// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.filter;

import io.flotilla.model.policy.Fault;
import io.flotilla.proxy.api.FailureCause;
import io.flotilla.rules.route.Choice;
import io.flotilla.rules.route.RouteTable;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Delays first; the filter after it aborts, so that an abort follows its delay. */
final class FaultFilter {
  private static final int MILLION = 1_000_000;

  private final Optional<Fault> own;

  FaultFilter(Optional<Fault> own) {
    this.own = own;
  }

  private @Nullable Fault fault(FilteredRequest request) {
    RouteTable.Match match = request.route();
    return (match == null ? own : match.route().fault().or(() -> own)).orElse(null);
  }

  boolean delay(FilteredRequest request) {
    Fault fault = fault(request);
    if (fault == null
        || fault.delay().isEmpty()
        || !Choice.happens(fault.delay().get().share(), random())) {
      return true;
    }
    request.note(FailureCause.DELAY_INJECTED);
    request.resumeAfter(fault.delay().get().duration());
    return false;
  }

  boolean abort(FilteredRequest request) {
    Fault fault = fault(request);
    if (fault == null
        || fault.abort().isEmpty()
        || !Choice.happens(fault.abort().get().share(), random())) {
      return true;
    }
    request.note(FailureCause.FAULT_INJECTED);
    Fault.Abort abort = fault.abort().get();
    if (abort.grpcStatus().isEmpty()) {
      request.reply(abort.httpStatus(), "fault filter abort");
    } else if (RouteTable.isGrpc(request)) {
      request.replyGrpc(abort.grpcStatus().get(), "fault filter abort");
    } else {
      // Who does not speak gRPC has no other status to be told.
      request.reply(200, "fault filter abort");
    }
    return false;
  }

  private static int random() {
    return ThreadLocalRandom.current().nextInt(MILLION);
  }
}
