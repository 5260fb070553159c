// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store;

import io.flotilla.telemetry.api.Span;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.function.Predicate;

/**
 * Keeps spans by trace. Safe for use by several threads. A span is found by every query once {@link
 * #add} has returned; the same span added twice is kept once.
 */
public interface TraceStore {

  /**
   * Stores a batch.
   *
   * @return how many of the spans were not taken, since their trace is too long already
   */
  int add(Collection<Span> spans);

  /** The trace with what is held of it now. */
  Optional<Trace> find(TraceId id);

  /** The traces that fit, the latest first. */
  default List<Trace> search(TraceQuery query) {
    return search(query, trace -> true);
  }

  /**
   * The traces that fit and of which something more holds, the latest first.
   *
   * @param also asked of whole traces, of each once or more, and not necessarily of all
   */
  List<Trace> search(TraceQuery query, Predicate<Trace> also);

  /** Names of the services that traces held now have spans of. */
  SortedSet<String> services();

  /** What the service does in the traces held now; empty for a service that is not known. */
  SortedSet<Operation> operations(String service);

  /**
   * Calls between different services, by the start of the child, within {@code lookback} of the
   * end.
   */
  List<Dependency> dependencies(Instant end, Duration lookback);

  /** How much is held now. */
  Usage usage();

  /**
   * What a store holds.
   *
   * @param bytes an estimate, indexes included
   * @param evictedTraces since the start
   */
  record Usage(long traces, long spans, long bytes, long evictedTraces) {}
}
