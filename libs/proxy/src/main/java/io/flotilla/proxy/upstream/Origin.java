// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.netty.channel.ChannelFuture;
import java.net.InetSocketAddress;

/**
 * The client's connection on whose behalf one goes upstream, for upstreams that are told of it.
 *
 * @param destination where the client meant to go
 * @param gone when the client's connection has closed
 */
public record Origin(InetSocketAddress source, InetSocketAddress destination, ChannelFuture gone) {}
