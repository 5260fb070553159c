// SPDX-License-Identifier: Apache-2.0
/**
 * What a proxy holds of its configuration, in the JSON of Envoy's admin API (Envoy documentation,
 * "Administration interface"; messages envoy.admin.v3). Enters: the resources as they were
 * accepted; leaves: text. Secrets' private parts never leave.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.xds.admin;
