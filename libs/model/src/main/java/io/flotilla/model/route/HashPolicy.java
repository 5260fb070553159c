// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.route;

import java.time.Duration;
import java.util.Optional;

/** What of a request is hashed for ring hash and maglev. */
public sealed interface HashPolicy {

  /** Whether later policies are skipped once this one gave a hash. */
  boolean terminal();

  /** A header's value. */
  record Header(String name, boolean terminal) implements HashPolicy {}

  /**
   * A cookie's value.
   *
   * @param ttl present: the cookie is generated when absent; zero: a session cookie
   */
  record Cookie(String name, Optional<Duration> ttl, String path, boolean terminal)
      implements HashPolicy {}

  /** The client's address. */
  record SourceAddress(boolean terminal) implements HashPolicy {}

  /** A query parameter's value. */
  record QueryParameter(String name, boolean terminal) implements HashPolicy {}
}
