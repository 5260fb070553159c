// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.log;

import java.net.ConnectException;

/** Why a connection failed, in Envoy's words where it has some. */
public final class Failures {
  private Failures() {}

  /** The reason at the bottom of a failure. */
  public static String reason(Throwable cause) {
    Throwable root = cause;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String message = String.valueOf(root.getMessage());
    return root instanceof ConnectException && message.contains("refused")
        ? "delayed connect error: Connection refused"
        : message;
  }
}
