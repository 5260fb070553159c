// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.route;

import io.flotilla.model.Checks;

/** What becomes of the authority on the way upstream. */
public sealed interface HostRewrite {

  /** As the client sent it. */
  record Keep() implements HostRewrite {}

  /** A fixed authority. */
  record Literal(String host) implements HostRewrite {
    public Literal {
      Checks.notEmpty(host, "host rewrite");
    }
  }

  /** The chosen endpoint's host name. */
  record Auto() implements HostRewrite {}
}
