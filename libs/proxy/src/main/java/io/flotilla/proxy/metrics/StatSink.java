// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.metrics;

/** Takes statistics one by one. Names are those of Envoy's documentation. */
public interface StatSink {
  /** A value that only grows. */
  void counter(StatScope scope, String leaf, long value);

  /** A value that may fall. */
  void gauge(StatScope scope, String leaf, long value);

  /** A distribution. */
  void histogram(StatScope scope, String leaf, Histogram histogram);
}
