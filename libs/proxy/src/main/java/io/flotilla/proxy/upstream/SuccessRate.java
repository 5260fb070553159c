// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

/** What became of an endpoint's requests in the interval that runs, and in the one before. */
final class SuccessRate {
  private long all;
  private long good;
  private long allBefore;
  private long goodBefore;

  void add(boolean success) {
    all++;
    good += success ? 1 : 0;
  }

  /** An interval ends. */
  void turn() {
    allBefore = all;
    goodBefore = good;
    all = 0;
    good = 0;
  }

  void forget() {
    turn();
    turn();
  }

  /** Requests of the interval that ended last. */
  long volume() {
    return allBefore;
  }

  /** Successes of a hundred of these; only where there are any. */
  double percent() {
    return goodBefore * 100.0 / allBefore;
  }
}
