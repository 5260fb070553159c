// SPDX-License-Identifier: Apache-2.0

/** Time that a test moves by hand. */
@org.jspecify.annotations.NullMarked
package io.flotilla.testkit.clock;
