// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.listener;

import io.flotilla.model.listener.FilterChain;
import io.flotilla.proxy.http.HttpServer;
import io.flotilla.proxy.internal.Downstream;
import io.netty.channel.Channel;

/** A connection that is open, and the chain that took it. */
record Connection(Channel channel, FilterChain chain, Downstream.DrainFlag drain) {
  /** Lets it end after what is under way. */
  void startDraining() {
    drain.set();
    channel.pipeline().fireUserEventTriggered(new HttpServer.DrainEvent());
  }
}
