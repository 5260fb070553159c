// SPDX-License-Identifier: Apache-2.0

/**
 * Configuration: what people write down goes in, what is valid comes out. Intake reads the watched
 * directory, the store decides what is in force, history writes down every change, publish tells
 * Pilot by MCP over xDS and everybody else by events, serve answers people and tools.
 */
@NullMarked
package io.flotilla.galley;

import org.jspecify.annotations.NullMarked;
