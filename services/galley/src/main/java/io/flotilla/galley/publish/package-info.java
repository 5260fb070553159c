// SPDX-License-Identifier: Apache-2.0

/**
 * How the configuration leaves: MCP over xDS to Pilot, events on {@code config-events}; and what
 * comes back: which proxies run which revision.
 */
@NullMarked
package io.flotilla.galley.publish;

import org.jspecify.annotations.NullMarked;
