// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.api;

/** Told of every finished request, on the engine's event loop: it must not block. */
@FunctionalInterface
public interface RequestObserver {
  /** One request ended. */
  void finished(RequestRecord record);
}
