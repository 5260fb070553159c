// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.metrics;

import java.util.Arrays;

/** Answers by their status codes and classes. Used on one event loop. */
public final class StatusCodes {
  // A peer may send any code; beyond this many different ones only their classes are counted.
  private static final int MAX_CODES = 64;
  private static final int CLASSES = 6;

  private long completed;
  private final long[] classes = new long[CLASSES];
  private short[] codes = {};
  private long[] counts = {};

  /** One more answer. */
  public void add(int status) {
    completed++;
    if (status < 100 || status >= CLASSES * 100) {
      return;
    }
    classes[status / 100]++;
    for (int i = 0; i < codes.length; i++) {
      if (codes[i] == status) {
        counts[i]++;
        return;
      }
    }
    if (codes.length < MAX_CODES) {
      codes = Arrays.copyOf(codes, codes.length + 1);
      counts = Arrays.copyOf(counts, counts.length + 1);
      codes[codes.length - 1] = (short) status;
      counts[counts.length - 1] = 1;
    }
  }

  /**
   * Tells what there was.
   *
   * @param name what is counted: "upstream_rq"
   * @param each whether single codes are told beside their classes
   */
  void tell(StatScope scope, String name, boolean each, StatSink sink) {
    if (completed == 0) {
      return;
    }
    sink.counter(scope, name + "_completed", completed);
    for (int i = 1; i < CLASSES; i++) {
      if (classes[i] > 0) {
        sink.counter(scope, name + "_" + i + "xx", classes[i]);
      }
    }
    for (int i = 0; each && i < codes.length; i++) {
      sink.counter(scope, name + "_" + codes[i], counts[i]);
    }
  }

  void reset() {
    completed = 0;
    Arrays.fill(classes, 0);
    codes = new short[0];
    counts = new long[0];
  }
}
