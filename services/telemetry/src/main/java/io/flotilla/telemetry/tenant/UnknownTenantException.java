// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.tenant;

/** A request that does not say whose it is, in a process that must know. */
public final class UnknownTenantException extends Exception {
  private static final long serialVersionUID = 1L;

  UnknownTenantException(String message) {
    super(message);
  }
}
