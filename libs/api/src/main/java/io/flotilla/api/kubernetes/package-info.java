// SPDX-License-Identifier: Apache-2.0

/**
 * The parts of Kubernetes' own resources that a mesh reads: services, endpoints, pods, secrets.
 * Fields that are not modelled are ignored, since Kubernetes has many more and validates them
 * itself.
 */
@NullMarked
package io.flotilla.api.kubernetes;

import org.jspecify.annotations.NullMarked;
