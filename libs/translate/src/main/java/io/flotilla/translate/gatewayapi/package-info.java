// SPDX-License-Identifier: Apache-2.0

/**
 * The Kubernetes Gateway API in terms of the mesh's own rules: HTTPRoutes become {@link
 * io.flotilla.translate.route.RoutingRule}s, bound to Services (GAMMA) or to the listeners of
 * Gateways, whose servers are named as Istio names them.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.translate.gatewayapi;
