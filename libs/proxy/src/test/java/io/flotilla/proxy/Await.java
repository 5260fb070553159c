// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Waits until an assertion holds (and its file is there), and fails by it after a minute. */
final class Await {
  private Await() {}

  /** An assertion that may throw anything. */
  interface Assertion {
    void check() throws Exception;
  }

  static void until(Assertion assertion) throws Exception {
    long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    while (true) {
      try {
        assertion.check();
        return;
      } catch (AssertionError | NoSuchFileException e) {
        if (System.nanoTime() > deadline) {
          throw e;
        }
        LockSupport.parkNanos(10_000_000);
      }
    }
  }
}
