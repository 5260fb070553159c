// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.log;

import io.flotilla.model.format.Operator;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What operators read of a request or a connection. Null: not known, written as "-". */
public interface LogSource {
  /** A moment that has not come. */
  long NEVER = Long.MIN_VALUE;

  /** When it began. */
  Instant start();

  /**
   * The value of an operator, whatever its argument says of its form: a number, a text, an {@link
   * Instant}, an address.
   */
  @Nullable Object value(Operator operator);

  /**
   * A header of the request.
   *
   * @param name lower case; pseudo headers as ":path"
   */
  default @Nullable String requestHeader(String name) {
    return null;
  }

  /** A header of the answer; {@code name} is lower case. */
  default @Nullable String responseHeader(String name) {
    return null;
  }

  /** A trailer of the answer; {@code name} is lower case. */
  default @Nullable String trailer(String name) {
    return null;
  }

  /** The short names of what went wrong, "UF"; empty if nothing did. */
  default Set<String> responseFlags() {
    return Set.of();
  }

  /**
   * What is known under a name, in maps, lists, texts, numbers and booleans.
   *
   * @param of whose metadata
   */
  default Map<String, ?> metadata(Metadata of, String namespace) {
    return Map.of();
  }

  /** When something happened, as {@link System#nanoTime} counts; {@link #NEVER} before it did. */
  default long when(Moment moment) {
    return NEVER;
  }

  /** Whose metadata. */
  enum Metadata {
    DYNAMIC,
    CLUSTER,
    ROUTE,
    UPSTREAM_HOST,
    LISTENER,
    VIRTUAL_HOST
  }

  /** Moments in the life of a request, by the names that COMMON_DURATION has for them. */
  enum Moment {
    DS_RX_BEG,
    DS_RX_END,
    US_CX_BEG,
    US_CX_END,
    US_HS_END,
    US_TX_BEG,
    US_TX_END,
    US_RX_BEG,
    US_RX_BODY_BEG,
    US_RX_END,
    DS_TX_BEG,
    DS_TX_END
  }
}
