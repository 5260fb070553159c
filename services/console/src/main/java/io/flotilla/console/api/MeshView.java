// SPDX-License-Identifier: Apache-2.0
package io.flotilla.console.api;

import io.flotilla.console.event.TimeLine;
import io.flotilla.console.graph.MeshGraph;
import io.flotilla.console.status.MeshStatus;
import java.time.Instant;
import java.util.List;

/** All that the page shows, as of one moment. */
public record MeshView(
    Instant at, MeshGraph graph, MeshStatus status, List<TimeLine.Entry> events) {
  public MeshView {
    events = List.copyOf(events);
  }
}
