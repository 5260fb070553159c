// SPDX-License-Identifier: Apache-2.0

/** How trees become records: binding by the record's components, near names, durations. */
@NullMarked
package io.flotilla.api.internal;

import org.jspecify.annotations.NullMarked;
