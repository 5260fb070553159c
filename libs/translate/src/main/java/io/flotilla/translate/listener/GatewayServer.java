// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.listener;

import io.flotilla.model.address.SocketAddress;
import io.flotilla.translate.service.Protocol;
import java.util.List;
import java.util.Optional;

/**
 * A server of a Gateway, as one gateway proxy runs it.
 *
 * @param gateway "namespace/name" of the Gateway
 * @param port as the Gateway says, which routes are matched against
 * @param address where this proxy listens for it
 * @param hosts as in the Gateway, with or without a namespace before the slash
 * @param tls empty: plaintext
 * @param httpsRedirect every request is answered with a redirection to https
 */
public record GatewayServer(
    String gateway,
    int port,
    String portName,
    Protocol protocol,
    SocketAddress address,
    List<String> hosts,
    Optional<ServerTls> tls,
    boolean httpsRedirect,
    String source) {
  public GatewayServer {
    hosts = List.copyOf(hosts);
  }

  /** Whether requests are routed, rather than connections. */
  public boolean routesHttp() {
    return protocol.isHttp()
        || (protocol == Protocol.HTTPS
            && tls.isPresent()
            && tls.get().mode() != ServerTls.Mode.PASSTHROUGH);
  }

  /** The name of its routes; plaintext servers of one port share them. */
  public String routesName() {
    if (tls.isEmpty()) {
      return "http." + address.port();
    }
    int slash = gateway.indexOf('/');
    return "https."
        + port
        + "."
        + portName
        + "."
        + gateway.substring(slash + 1)
        + "."
        + gateway.substring(0, slash);
  }

  /** The hosts without their namespaces. */
  public List<String> hostNames() {
    return hosts.stream().map(h -> h.substring(h.indexOf('/') + 1)).distinct().toList();
  }

  /**
   * TLS of a server. Empty texts: not told.
   *
   * @param ciphers OpenSSL names; empty: the safe default
   */
  public record ServerTls(
      Mode mode,
      String credentialName,
      String certificatePath,
      String keyPath,
      String caPath,
      String crlPath,
      List<String> subjectAltNames,
      List<String> certificateHashes,
      List<String> keyHashes,
      String minimum,
      String maximum,
      List<String> ciphers) {
    public ServerTls {
      certificateHashes = List.copyOf(certificateHashes);
      keyHashes = List.copyOf(keyHashes);
      subjectAltNames = List.copyOf(subjectAltNames);
      ciphers = List.copyOf(ciphers);
    }

    /** The SDS name of the credential: as it is when it says of what kind it is. */
    public String secretName() {
      return credentialName.contains("://") ? credentialName : "kubernetes://" + credentialName;
    }

    /** Who shows a certificate to whom. */
    public enum Mode {
      SIMPLE,
      MUTUAL,
      OPTIONAL_MUTUAL,
      ISTIO_MUTUAL,
      PASSTHROUGH
    }
  }
}
