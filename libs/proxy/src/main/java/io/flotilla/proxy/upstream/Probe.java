// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

/** One question whether an endpoint is well. */
interface Probe {
  /** What was found. */
  enum Answer {
    WELL,
    /** Well enough where no other is well. */
    DEGRADED,
    /** It says itself that it is not. */
    SICK,
    /** No answer, or one that may be bad luck. */
    FAILED
  }

  /** Asks; the answer comes once. */
  void start();

  /** Answers that it failed, unless it has answered. */
  void cancel();
}
