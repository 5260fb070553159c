// SPDX-License-Identifier: Apache-2.0

/**
 * What happened in the mesh, beside the figures. CloudEvents of the other services enter from the
 * channels; they leave as annotations of a time line and as counters.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.telemetry.event;
