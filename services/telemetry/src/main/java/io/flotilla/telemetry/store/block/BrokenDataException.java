// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store.block;

/** Bytes on disk that are not what was written; the message says where. */
final class BrokenDataException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  BrokenDataException(String message) {
    super(message);
  }
}
