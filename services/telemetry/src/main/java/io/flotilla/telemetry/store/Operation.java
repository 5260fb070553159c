// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store;

import io.flotilla.telemetry.api.Span;
import java.util.Comparator;

/** What a service does, by the name and kind of its spans. */
public record Operation(String name, Span.Kind kind) implements Comparable<Operation> {
  @Override
  public int compareTo(Operation other) {
    return Comparator.comparing(Operation::name)
        .thenComparing(Operation::kind)
        .compare(this, other);
  }
}
