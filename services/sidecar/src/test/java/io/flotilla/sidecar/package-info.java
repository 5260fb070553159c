// SPDX-License-Identifier: Apache-2.0
/**
 * The sidecar as a process: what it answers about itself. Its traffic is conformance/mesh's matter.
 */
@NullMarked
package io.flotilla.sidecar;

import org.jspecify.annotations.NullMarked;
