// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.internal;

import io.flotilla.model.listener.Listener;
import io.flotilla.proxy.tls.Peers;
import io.flotilla.proxy.upstream.Origin;
import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One connection from a client, once its chain is chosen.
 *
 * @param peer the SPIFFE id that the client proved; empty without mutual TLS
 * @param own the SPIFFE id that we showed
 * @param original where the client meant to go: the captured destination, else where it connected
 *     to
 * @param serverName of the TLS hello, where it was looked at; else empty
 * @param chain the filter chain's name; empty: it has none
 * @param captured whether the destination was captured
 */
public record Downstream(
    Channel channel,
    Listener listener,
    InetSocketAddress remote,
    InetSocketAddress original,
    boolean captured,
    boolean tls,
    String serverName,
    String chain,
    Optional<String> peer,
    Optional<String> own,
    Terms terms) {

  /** What upstreams may be told of this connection. */
  public Origin origin() {
    return new Origin(remote, original, channel, false);
  }

  /** The same within a tunnel that ends here and goes on to {@code destination}. */
  public Origin tunnelled(InetSocketAddress destination) {
    return new Origin(remote, destination, channel, true);
  }

  /** The captured destination; null when the client connected here knowingly. */
  public @Nullable InetSocketAddress captive() {
    return captured ? original : null;
  }

  /**
   * What x-forwarded-client-cert says of the client's certificate (Envoy documentation, "HTTP
   * header manipulation"); null without mutual TLS.
   */
  public @Nullable String clientCert() {
    return Peers.clientCert(channel);
  }

  /** The names of the client's certificate; null without mutual TLS. */
  public @Nullable List<String> principals() {
    return Peers.names(channel);
  }
}
