// SPDX-License-Identifier: Apache-2.0
/** The model's predicates, compiled once and evaluated for each request. */
@org.jspecify.annotations.NullMarked
package io.flotilla.rules.match;
