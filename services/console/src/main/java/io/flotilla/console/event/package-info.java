// SPDX-License-Identifier: Apache-2.0

/**
 * What happened in the mesh. CloudEvents enter from the channels of Galley, Pilot and Citadel; the
 * newest leave as a time line. An event that is not understood is counted and left out.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.console.event;
