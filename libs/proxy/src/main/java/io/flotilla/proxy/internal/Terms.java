// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.internal;

import io.flotilla.model.listener.HttpConnectionManager;
import org.jspecify.annotations.Nullable;

/** What may change for a connection while it is open: whether it drains, and who serves it. */
public final class Terms {
  private boolean draining;
  private @Nullable HttpConnectionManager manager;

  /** No new requests on this connection. */
  public void startDraining() {
    draining = true;
  }

  public boolean isDraining() {
    return draining;
  }

  /** The next requests are served by this one. */
  public void serveBy(HttpConnectionManager next) {
    manager = next;
  }

  /** Who serves the next request; {@code first} unless the listener changed since. */
  public HttpConnectionManager manager(HttpConnectionManager first) {
    return manager == null ? first : manager;
  }
}
