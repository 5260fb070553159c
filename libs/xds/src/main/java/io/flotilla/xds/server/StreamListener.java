// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.server;

/** Told what becomes of streams and of what is sent on them. Calls of one stream come in order. */
public interface StreamListener {
  /** A stream sent its node and was admitted. */
  default void opened(Peer peer) {}

  /** Responses with this revision are on their way. */
  default void sent(Peer peer, String typeUrl, long revision, int resources) {}

  /** All that the revision meant for this stream is acknowledged. */
  default void acknowledged(Peer peer, long revision) {}

  /**
   * The client refused a resource.
   *
   * @param name empty when its message names none of the resources that it was sent
   */
  default void refused(Peer peer, String typeUrl, String name, String reason) {}

  /** The stream ended. */
  default void closed(Peer peer) {}
}
