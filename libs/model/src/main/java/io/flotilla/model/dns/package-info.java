// SPDX-License-Identifier: Apache-2.0
/**
 * What the DNS proxy beside a workload answers by itself: names of the mesh and their addresses, as
 * Pilot sees them for that workload.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.model.dns;
