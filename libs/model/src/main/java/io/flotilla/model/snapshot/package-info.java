// SPDX-License-Identifier: Apache-2.0
/** Everything that one proxy must know, at one revision. */
@org.jspecify.annotations.NullMarked
package io.flotilla.model.snapshot;
