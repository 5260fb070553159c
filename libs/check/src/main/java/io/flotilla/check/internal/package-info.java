// SPDX-License-Identifier: Apache-2.0

/** The single checks, each over an index of the whole configuration. */
@NullMarked
package io.flotilla.check.internal;

import org.jspecify.annotations.NullMarked;
