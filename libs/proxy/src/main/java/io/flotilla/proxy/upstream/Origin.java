// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.netty.channel.Channel;
import java.net.InetSocketAddress;

/**
 * The client's connection on whose behalf one goes upstream, for upstreams that are told of it.
 *
 * @param destination where the client meant to go
 * @param client its connection, whose end ends what is upstream for it alone
 * @param vouched whether listeners of the proxy itself take the client for who it proved to be
 *     there
 */
public record Origin(
    InetSocketAddress source, InetSocketAddress destination, Channel client, boolean vouched) {}
