// SPDX-License-Identifier: Apache-2.0

/**
 * Who sends and who asks. The header {@code X-Scope-OrgID}, as Tempo and Mimir have it, enters; a
 * tenant within its limits, or a refusal, leaves. Tenants share nothing but the process.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.telemetry.tenant;
