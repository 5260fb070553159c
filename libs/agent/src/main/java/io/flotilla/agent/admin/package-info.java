// SPDX-License-Identifier: Apache-2.0
/**
 * The admin endpoints of a proxy on Istio's ports: configuration dump, clusters, listeners,
 * metrics, readiness. Served on an event loop of their own, so that they never stall traffic.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.agent.admin;
