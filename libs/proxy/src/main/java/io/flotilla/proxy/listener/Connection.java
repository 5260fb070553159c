// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.listener;

import io.flotilla.model.listener.FilterChain;
import io.flotilla.proxy.http.HttpServer;
import io.flotilla.proxy.internal.Terms;
import io.netty.channel.Channel;

/** A connection that is open, and the chain that took it. */
record Connection(Channel channel, FilterChain chain, Terms terms) {
  /** Lets it end after what is under way. */
  void startDraining() {
    terms.startDraining();
    channel.pipeline().fireUserEventTriggered(new HttpServer.DrainEvent());
  }
}
