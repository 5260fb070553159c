// SPDX-License-Identifier: Apache-2.0
package io.flotilla.rules.policy;

/**
 * What rules say.
 *
 * @param policy the one that applied; empty: none did
 */
public record AccessDecision(boolean allowed, String policy) {
  /** As access logs tell of a denial (Envoy's response code details). */
  public String details() {
    return "rbac_access_denied_matched_policy["
        + (policy.isEmpty() ? "none" : policy.replaceAll("\\s", "_"))
        + "]";
  }
}
