// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.policy;

import java.util.Optional;

/**
 * Access control of requests or connections (Envoy: extensions.filters.http.rbac.v3.RBAC and
 * network.rbac.v3).
 *
 * @param rules what is enforced; empty: everything is allowed
 * @param shadowRules what is only counted and noted
 * @param shadowPrefix before the names under which the shadow rules' results are noted
 */
public record Rbac(
    Optional<AccessRules> rules, Optional<AccessRules> shadowRules, String shadowPrefix) {
  /** The name under which shadow results are noted in a request's metadata. */
  public static final String METADATA = "envoy.filters.http.rbac";
}
