// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.model.route.RetryPolicy;
import io.flotilla.model.route.RouteAction;
import io.flotilla.rules.RequestView;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long a request may take upstream.
 *
 * @param whole from the request's end to the answer's; zero: without limit
 * @param perTry one attempt; zero: without a limit that could pass before the whole one does
 * @param perTryIdle silence of one attempt; zero: without limit
 */
record Timeouts(Duration whole, Duration perTry, Duration perTryIdle) {
  private static final Duration DEFAULT = Duration.ofSeconds(15);

  static Timeouts of(
      RouteAction.Forward action, @Nullable RetryPolicy policy, RequestView request) {
    Duration whole = HeadRules.timeout(action, request).orElse(DEFAULT);
    Duration each = policy == null ? Duration.ZERO : policy.perTryTimeout().orElse(Duration.ZERO);
    return new Timeouts(
        whole,
        !whole.isZero() && each.compareTo(whole) >= 0 ? Duration.ZERO : each,
        policy == null
            ? Duration.ZERO
            : policy.details().perTryIdleTimeout().orElse(Duration.ZERO));
  }
}
