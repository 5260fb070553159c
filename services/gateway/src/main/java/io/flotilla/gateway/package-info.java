// SPDX-License-Identifier: Apache-2.0

/** The same engine at the edge: ingress and egress. */
@org.jspecify.annotations.NullMarked
package io.flotilla.gateway;
