// SPDX-License-Identifier: Apache-2.0

/**
 * Drives a mesh as its users do: {@link io.flotilla.conformance.mesh.RunningMesh} runs {@code
 * ./flotilla up} in folders and on ports of its own and copies files into the watched directory;
 * {@link io.flotilla.conformance.mesh.Traffic} sends requests through the gateway and keeps what
 * came back. The tests of this module and of {@code conformance/envoy} assert on these alone.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.conformance.mesh;
