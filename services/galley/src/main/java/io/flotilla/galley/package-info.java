// SPDX-License-Identifier: Apache-2.0

/** Configuration: intake, validation, history, publication. */
@org.jspecify.annotations.NullMarked
package io.flotilla.galley;
