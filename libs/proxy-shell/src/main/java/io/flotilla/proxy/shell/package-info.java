// SPDX-License-Identifier: Apache-2.0
/**
 * The Quarkus shell that sidecar and gateway share: it starts and stops the one proxy of a process
 * and answers for it by REST, health and OpenAPI. Traffic never passes through it.
 */
@NullMarked
package io.flotilla.proxy.shell;

import org.jspecify.annotations.NullMarked;
