// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.listener;

/** What a workload's port takes (PeerAuthentication). */
public enum MtlsMode {
  /** Plaintext; TLS is the application's own. */
  DISABLE,
  /** Mesh TLS and plaintext. */
  PERMISSIVE,
  /** Mesh TLS alone. */
  STRICT
}
