// SPDX-License-Identifier: Apache-2.0

/**
 * What is on the disk: every change as a line, and the state from which a restart goes on. A disk
 * that is full or broken never stops the serving; it is told instead.
 */
@NullMarked
package io.flotilla.galley.history;

import org.jspecify.annotations.NullMarked;
