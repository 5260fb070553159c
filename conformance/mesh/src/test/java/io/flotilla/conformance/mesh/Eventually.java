// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.mesh;

import java.time.Duration;
import java.time.Instant;

/** Waits by assertion: runs a check until it holds, and fails as the check fails. */
public final class Eventually {
  private static final Duration PAUSE = Duration.ofMillis(50);

  private Eventually() {}

  /** A check that throws while it does not hold. */
  public interface Check {
    void run() throws Exception;
  }

  /** Returns once {@code check} holds, which is within {@code patience}. */
  public static void within(Duration patience, Check check) throws Exception {
    Instant deadline = Instant.now().plus(patience);
    while (true) {
      try {
        check.run();
        return;
      } catch (AssertionError | java.io.IOException e) {
        if (Instant.now().isAfter(deadline)) {
          throw e;
        }
        Thread.sleep(PAUSE);
      }
    }
  }
}
