// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.policy;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * Policies with one action (Envoy: config.rbac.v3.RBAC).
 *
 * @param policies by name; the first that applies, in the order of names, decides
 */
public record AccessRules(Action action, Map<String, AccessPolicy> policies) {
  public AccessRules {
    policies = Collections.unmodifiableSortedMap(new TreeMap<>(policies));
  }

  /** What follows when a policy applies. */
  public enum Action {
    /** Allowed; what no policy applies to is denied. */
    ALLOW,
    /** Denied; what no policy applies to is allowed. */
    DENY,
    /** Noted; everything is allowed. */
    LOG
  }
}
