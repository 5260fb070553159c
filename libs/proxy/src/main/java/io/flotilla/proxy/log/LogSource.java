// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.log;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** What operators read. Null: not known, written as "-". */
public interface LogSource {
  /** When the exchange began. */
  Instant start();

  /**
   * The value of an operator without an argument, "UPSTREAM_HOST"; those that this source does not
   * know are null.
   */
  @Nullable Object value(String operator);

  /**
   * A header of the request.
   *
   * @param name lower case; pseudo headers as ":path"
   */
  @Nullable String requestHeader(String name);

  /** A header of the answer; {@code name} is lower case. */
  @Nullable String responseHeader(String name);

  /** A trailer of the answer; {@code name} is lower case. */
  @Nullable String trailer(String name);
}
