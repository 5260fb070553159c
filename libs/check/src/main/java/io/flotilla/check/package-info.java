// SPDX-License-Identifier: Apache-2.0

/** Validation and analysis: schema, references, conflicts, the real compiler. */
@org.jspecify.annotations.NullMarked
package io.flotilla.check;
