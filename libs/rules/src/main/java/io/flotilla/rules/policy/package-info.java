// SPDX-License-Identifier: Apache-2.0
/**
 * Access control: policies compiled once, evaluated for each request or connection. A decision
 * names the policy that made it. Semantics are those of Envoy's RBAC filters.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.rules.policy;
