// SPDX-License-Identifier: Apache-2.0
package io.flotilla.rules.policy;

import io.flotilla.model.match.MetadataMatch;
import java.util.function.Predicate;

/** A predicate over what filters noted of a request or connection, compiled. */
public final class MetadataRule {
  private final Predicate<AccessView> rule;

  /**
   * @throws io.flotilla.model.InvalidModelException if an expression cannot be compiled
   */
  public MetadataRule(MetadataMatch match) {
    this.rule = Conditions.metadata(match);
  }

  /** Whether it holds. */
  public boolean test(AccessView view) {
    return rule.test(view);
  }
}
