// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.proxy.filter.FilteredRequest;
import java.util.function.Consumer;

/**
 * What a filter waits for of a request's body.
 *
 * @param partial a longer one is taken in part
 */
record BodyWish(int largest, boolean partial, Consumer<FilteredRequest.Body> then) {
  /** Whether there is nothing more to wait for. */
  boolean isMet(HeldBody held, boolean ended) {
    return ended || (partial ? held.size() >= largest : held.size() > largest);
  }

  boolean isTooLong(HeldBody held) {
    return !partial && held.size() > largest;
  }
}
