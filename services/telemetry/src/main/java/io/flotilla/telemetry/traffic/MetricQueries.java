// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.traffic;

import io.flotilla.telemetry.promql.Value;
import java.util.List;

/** Something that answers PromQL. */
public interface MetricQueries {

  /**
   * The vector that the query gives now.
   *
   * @throws UnavailableException if there is no answer; the message says whose fault it is
   */
  List<Value.Sample> vector(String query) throws UnavailableException;

  /** Targets whose metrics are missing now: "address: reason". */
  List<String> unreachable() throws UnavailableException;

  /** "window" or "prometheus". */
  String source();

  /** No answer. */
  final class UnavailableException extends Exception {
    private static final long serialVersionUID = 1L;

    public UnavailableException(String message) {
      super(message);
    }
  }
}
