// SPDX-License-Identifier: Apache-2.0

/** REST, gRPC, health and metrics for people and tools. */
@NullMarked
package io.flotilla.galley.serve;

import org.jspecify.annotations.NullMarked;
