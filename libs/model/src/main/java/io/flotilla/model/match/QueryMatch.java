// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.match;

import io.flotilla.model.Checks;
import java.util.Optional;

/**
 * A predicate over one query parameter.
 *
 * @param value empty: the parameter must be present
 */
public record QueryMatch(String name, Optional<StringMatch> value) {
  public QueryMatch {
    Checks.notEmpty(name, "name of a query parameter match");
  }
}
