// SPDX-License-Identifier: Apache-2.0

/**
 * What is in force. Files go in, one immutable {@link io.flotilla.galley.store.Configuration} comes
 * out: the newest good version of every object, and the verdict on everything that was refused.
 */
@NullMarked
package io.flotilla.galley.store;

import org.jspecify.annotations.NullMarked;
