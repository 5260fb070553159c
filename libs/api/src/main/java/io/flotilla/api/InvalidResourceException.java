// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api;

import java.util.List;
import java.util.stream.Collectors;

/** A document is not a valid resource; {@link #problems} says why, all at once. */
public final class InvalidResourceException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient List<Problem> problems;

  /**
   * @param object "VirtualService default/reviews", as far as it is known
   */
  public InvalidResourceException(String object, List<Problem> problems) {
    super(
        object
            + (object.isEmpty() ? "" : ": ")
            + problems.stream().map(Problem::toString).collect(Collectors.joining("; ")));
    this.problems = List.copyOf(problems);
  }

  public List<Problem> problems() {
    return problems;
  }
}
