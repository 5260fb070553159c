// SPDX-License-Identifier: Apache-2.0
/**
 * Measurements against goals: each prints rows that say what was measured, how often, and whether
 * it sufficed.
 */
@NullMarked
package io.flotilla.cli.bench;

import org.jspecify.annotations.NullMarked;
