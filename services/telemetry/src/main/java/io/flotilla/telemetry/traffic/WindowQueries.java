// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.traffic;

import io.flotilla.telemetry.metric.MetricWindow;
import io.flotilla.telemetry.promql.PromQlException;
import io.flotilla.telemetry.promql.QueryEngine;
import io.flotilla.telemetry.promql.Value;
import io.flotilla.telemetry.scrape.Scraper;
import java.util.List;

/** Asks the embedded window. */
final class WindowQueries implements MetricQueries {
  private final QueryEngine engine;
  private final Scraper scraper;

  WindowQueries(MetricWindow window, Scraper scraper) {
    this.engine = new QueryEngine(window);
    this.scraper = scraper;
  }

  @Override
  public List<Value.Sample> vector(String query) throws UnavailableException {
    try {
      return engine.instant(query, System.currentTimeMillis()) instanceof Value.Vector v
          ? v.samples()
          : List.of();
    } catch (PromQlException e) {
      throw new UnavailableException("The window cannot answer: " + e.sentence());
    }
  }

  @Override
  public List<String> unreachable() {
    return scraper.failing().entrySet().stream()
        .map(e -> e.getKey() + ": " + e.getValue())
        .toList();
  }

  @Override
  public String source() {
    return "window";
  }
}
