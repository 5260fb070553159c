// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.policy;

import io.flotilla.model.Checks;
import java.util.List;

/** Which tokens a request must bear. */
public sealed interface JwtRequirement {

  /**
   * One of a provider.
   *
   * @param audiences in place of the provider's; empty: the provider's
   */
  record Provided(String provider, List<String> audiences) implements JwtRequirement {
    public Provided {
      Checks.notEmpty(provider, "provider name of a JWT requirement");
      audiences = List.copyOf(audiences);
    }
  }

  /** What one of these asks for. */
  record AnyOf(List<JwtRequirement> any) implements JwtRequirement {
    public AnyOf {
      any = List.copyOf(any);
      Checks.require(!any.isEmpty(), "an alternative of JWT requirements must hold at least one");
    }
  }

  /** What all of these ask for. */
  record AllOf(List<JwtRequirement> all) implements JwtRequirement {
    public AllOf {
      all = List.copyOf(all);
      Checks.require(!all.isEmpty(), "a group of JWT requirements must hold at least one");
    }
  }

  /** None; but one that is there must be good. */
  record AllowMissing() implements JwtRequirement {}

  /** None, and one that is there may be bad. */
  record AllowMissingOrFailed() implements JwtRequirement {}
}
