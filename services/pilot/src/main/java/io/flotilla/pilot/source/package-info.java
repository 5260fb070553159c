// SPDX-License-Identifier: Apache-2.0

/**
 * The configuration's way in: MCP resources from Galley become objects and transactions of the
 * graph; the last good configuration lies on disk.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.pilot.source;
