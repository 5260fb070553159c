// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.server;

import java.util.function.Consumer;

/** Where a {@link RawAdsServer} gets what it serves. */
@FunctionalInterface
public interface ResourceSource {
  /**
   * Called once a stream sent its node; the sink gets the set now, or once there is one, and on
   * every change, until closed. Calls of one sink come one after the other; a sink never blocks.
   *
   * @throws io.grpc.StatusRuntimeException if the peer is refused; its status ends the stream
   */
  AutoCloseable open(Peer peer, Consumer<ResourceSet> sink);
}
