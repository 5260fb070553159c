// SPDX-License-Identifier: Apache-2.0

/** What a sidecar and a gateway share beside the engine: identity, discovery, admin, export. */
@org.jspecify.annotations.NullMarked
package io.flotilla.agent;
