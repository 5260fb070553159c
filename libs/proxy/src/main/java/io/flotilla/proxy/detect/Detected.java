// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.detect;

import java.net.InetSocketAddress;
import java.util.List;

/**
 * What is known of a connection before a filter chain is chosen.
 *
 * @param destination where the client meant to go
 * @param source the client
 * @param transportProtocol "tls" or "raw_buffer"
 * @param serverName SNI; empty without
 * @param applicationProtocols ALPN of the hello, or "http/1.1" or "h2c" by the first bytes
 */
public record Detected(
    InetSocketAddress destination,
    InetSocketAddress source,
    String transportProtocol,
    String serverName,
    List<String> applicationProtocols) {}
