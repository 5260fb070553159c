// SPDX-License-Identifier: Apache-2.0

/**
 * A mesh on this machine: what it consists of ({@link io.flotilla.cli.mesh.MeshPlan}), the files it
 * lives in ({@link io.flotilla.cli.mesh.Home}, {@link io.flotilla.cli.mesh.ConfigDirectory}, {@link
 * io.flotilla.cli.mesh.MeshState}) and the processes it runs as ({@link
 * io.flotilla.cli.mesh.Part}). Knows nothing of the command line.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.cli.mesh;
