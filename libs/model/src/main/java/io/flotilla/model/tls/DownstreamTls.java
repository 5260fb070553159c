// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.tls;

/**
 * TLS as a server.
 *
 * @param requireClientCertificate a client without a valid certificate is refused
 */
public record DownstreamTls(TlsContext common, boolean requireClientCertificate) {}
