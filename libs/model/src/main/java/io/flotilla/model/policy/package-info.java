// SPDX-License-Identifier: Apache-2.0

/** Policies that routes and filters carry: faults, CORS, access control. */
@org.jspecify.annotations.NullMarked
package io.flotilla.model.policy;
