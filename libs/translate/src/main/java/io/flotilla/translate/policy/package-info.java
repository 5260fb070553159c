// SPDX-License-Identifier: Apache-2.0
/**
 * Who may do what with a workload: AuthorizationPolicy and RequestAuthentication objects become the
 * filters of its inbound side.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.translate.policy;
