// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.metric;

import java.util.List;

/** Where queries find series. */
public interface SeriesSource {

  /**
   * The series that fit all matchers and have samples (or a mark of staleness) between both times,
   * inclusive.
   */
  List<SeriesSlice> select(List<LabelMatcher> matchers, long fromMillis, long toMillis);
}
