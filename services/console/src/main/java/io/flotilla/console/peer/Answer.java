// SPDX-License-Identifier: Apache-2.0
package io.flotilla.console.peer;

import java.util.Optional;

/** What a service said, or why it said nothing. */
public sealed interface Answer<T> {

  /** The service's answer. */
  record Given<T>(T said) implements Answer<T> {}

  /**
   * No answer.
   *
   * @param problem one sentence, with what to do about it
   */
  record Missing<T>(String problem) implements Answer<T> {}

  /** The answer, if there is one. */
  default Optional<T> value() {
    return switch (this) {
      case Given<T>(T said) -> Optional.of(said);
      case Missing<T> _ -> Optional.empty();
    };
  }

  /** Why there is none, if so. */
  default Optional<String> why() {
    return switch (this) {
      case Given<T> _ -> Optional.empty();
      case Missing<T>(String problem) -> Optional.of(problem);
    };
  }
}
