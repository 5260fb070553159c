// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.server;

import io.flotilla.model.snapshot.ProxySnapshot;
import java.util.function.Consumer;

/** Where an {@link XdsServer} gets what a proxy must know. */
@FunctionalInterface
public interface SnapshotSource {
  /**
   * Called once a stream sent its node; the sink gets the snapshot now and on every change, until
   * closed. Calls of one sink come one after the other; a sink never blocks.
   *
   * @throws io.grpc.StatusRuntimeException if the proxy is refused; its status ends the stream
   */
  AutoCloseable open(ConnectedProxy proxy, Consumer<ProxySnapshot> sink);
}
