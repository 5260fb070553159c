// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.distribute;

/** Spans could not be taken now; the same request may be sent again later. */
public final class OverloadedException extends Exception {
  private static final long serialVersionUID = 1L;

  OverloadedException() {
    super("Telemetry cannot take spans at the moment; send them again later.");
  }
}
