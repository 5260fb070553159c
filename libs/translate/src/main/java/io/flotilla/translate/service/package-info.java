// SPDX-License-Identifier: Apache-2.0

/**
 * Services as the mesh sees them, wherever they were declared: Kubernetes Services and
 * ServiceEntries become {@link io.flotilla.translate.service.MeshService}s, and what serves them
 * becomes {@link io.flotilla.translate.service.ServiceEndpoint}s.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.translate.service;
