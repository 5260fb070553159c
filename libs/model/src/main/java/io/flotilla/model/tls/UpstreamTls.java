// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.tls;

/**
 * TLS as a client.
 *
 * @param sni the server name sent; empty: none
 */
public record UpstreamTls(TlsContext common, String sni) {}
