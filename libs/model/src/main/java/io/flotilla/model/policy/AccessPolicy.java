// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.policy;

import io.flotilla.model.Checks;
import java.util.List;

/**
 * Applies when one of the permissions and one of the principals hold (Envoy:
 * config.rbac.v3.Policy).
 *
 * @param permissions what is done
 * @param principals who does it
 */
public record AccessPolicy(List<AccessCondition> permissions, List<AccessCondition> principals) {
  public AccessPolicy {
    permissions = List.copyOf(permissions);
    principals = List.copyOf(principals);
    Checks.require(!permissions.isEmpty(), "an access policy must have at least one permission");
    Checks.require(!principals.isEmpty(), "an access policy must have at least one principal");
  }
}
