// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.internal;

import io.flotilla.model.listener.Listener;
import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One connection from a client, once its chain is chosen.
 *
 * @param peer the SPIFFE id that the client proved; empty without mutual TLS
 * @param own the SPIFFE id that we showed
 * @param original where the client meant to go: the captured destination, else where it connected
 *     to
 * @param captured whether the destination was captured
 */
public record Downstream(
    Channel channel,
    Listener listener,
    InetSocketAddress remote,
    InetSocketAddress original,
    boolean captured,
    boolean tls,
    Optional<String> peer,
    Optional<String> own,
    DrainFlag drain) {

  /** The captured destination; null when the client connected here knowingly. */
  public @Nullable InetSocketAddress captive() {
    return captured ? original : null;
  }

  /** Set once the connection should end after what is under way. */
  public static final class DrainFlag {
    private boolean set;

    /** No new requests on this connection. */
    public void set() {
      set = true;
    }

    public boolean isSet() {
      return set;
    }
  }
}
