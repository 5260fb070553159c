// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A document that was refused.
 *
 * @param origin the file and the line at which the document begins
 * @param key the object, if its kind and name could be read
 * @param object "VirtualService default/reviews", as far as it could be read; may be empty
 * @param problems at least one
 */
public record Rejection(
    Origin origin, Optional<ObjectKey> key, String object, List<Problem> problems) {

  public Rejection {
    problems = List.copyOf(problems);
  }

  /** The line of the first problem, or of the document. */
  public int line() {
    return problems.stream()
        .mapToInt(Problem::line)
        .filter(line -> line > 0)
        .findFirst()
        .orElse(origin.line());
  }

  /** All reasons in one sentence. */
  public String reason() {
    return problems.stream().map(Problem::toString).collect(Collectors.joining("; "));
  }

  /** "reviews.yaml:12: VirtualService default/reviews: spec.http[0]: ...". */
  @Override
  public String toString() {
    return new Origin(origin.file(), line())
        + ": "
        + (object.isEmpty() ? "" : object + ": ")
        + reason();
  }
}
