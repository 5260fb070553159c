// SPDX-License-Identifier: Apache-2.0

/**
 * Predicates over strings, headers, query parameters and paths; compiled and evaluated by {@code
 * io.flotilla.rules}.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.model.match;
