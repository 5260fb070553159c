// SPDX-License-Identifier: Apache-2.0

/**
 * The Kubernetes Gateway API (gateway.networking.k8s.io): the main fields of gateways, HTTP routes
 * and reference grants. Fields that are not modelled are ignored.
 */
@NullMarked
package io.flotilla.api.gateway;

import org.jspecify.annotations.NullMarked;
