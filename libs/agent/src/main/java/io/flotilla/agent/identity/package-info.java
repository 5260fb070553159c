// SPDX-License-Identifier: Apache-2.0

/**
 * A proxy's own identity. The proxy's configuration enters; the secrets "default" and "ROOTCA"
 * leave, to listeners in this process and, for a proxy in another process (Envoy), by SDS on a Unix
 * socket that only this user can open.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.agent.identity;
