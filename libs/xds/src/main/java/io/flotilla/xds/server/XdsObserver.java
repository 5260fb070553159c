// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.server;

/** Told how proxies fare. Calls about one proxy come in order. */
public interface XdsObserver {
  /** A proxy connected and was admitted. */
  default void connected(ConnectedProxy proxy) {}

  /** Resources of one type are on their way to it. */
  default void sent(ConnectedProxy proxy, String typeUrl, long revision, int resources) {}

  /** It has acknowledged all that the revision means for it. */
  default void acknowledged(ConnectedProxy proxy, long revision) {}

  /** It refused something; {@code name} is empty when its message names none. */
  default void refused(ConnectedProxy proxy, String typeUrl, String name, String reason) {}

  /** Its stream ended. */
  default void disconnected(ConnectedProxy proxy) {}
}
