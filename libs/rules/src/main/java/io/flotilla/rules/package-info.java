// SPDX-License-Identifier: Apache-2.0

/** The pure decision code over the model. */
@org.jspecify.annotations.NullMarked
package io.flotilla.rules;
