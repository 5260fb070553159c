// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.listener;

import io.flotilla.api.Resource;
import io.flotilla.api.networking.Gateway;
import io.flotilla.api.networking.Server;
import io.flotilla.api.networking.ServerTlsSettings;
import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.node.ProxyNode;
import io.flotilla.translate.ProxyScope;
import io.flotilla.translate.Sources;
import io.flotilla.translate.listener.GatewayServer.ServerTls;
import io.flotilla.translate.service.Protocol;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The servers of Gateways as one gateway proxy runs them. */
public final class GatewayServers {
  private GatewayServers() {}

  /** Whether the Gateway is for proxies of {@code scope}. */
  public static boolean selects(Resource<Gateway> gateway, ProxyScope scope) {
    return scope.selectedBy(gateway.spec().selector());
  }

  /**
   * The servers.
   *
   * @param targetPorts the proxy's own port for a service's port, where a service leads to it
   */
  public static List<GatewayServer> of(
      Resource<Gateway> gateway, ProxyNode node, Map<Integer, Integer> targetPorts) {
    List<GatewayServer> out = new ArrayList<>();
    for (Server server : gateway.spec().servers()) {
      Optional<ServerTlsSettings> settings = server.tls();
      Protocol protocol = Protocol.parse(server.port().protocol());
      boolean redirect = settings.flatMap(ServerTlsSettings::httpsRedirect).orElse(false);
      Optional<ServerTls> tls =
          protocol.isHttp() ? Optional.empty() : settings.flatMap(GatewayServers::tls);
      if (protocol.isTls() && tls.isEmpty()) {
        continue;
      }
      out.add(
          new GatewayServer(
              gateway.metadata().namespace() + "/" + gateway.metadata().name(),
              server.port().number(),
              server.port().name(),
              protocol,
              address(server.bind(), server.port().number(), node, targetPorts),
              server.hosts(),
              tls,
              redirect,
              Sources.of(gateway)));
    }
    return out;
  }

  /**
   * Where the proxy listens for a server's port: where its node says, for that port or for its own
   * port behind it; else at its own port.
   */
  public static SocketAddress address(
      Optional<String> bind, int number, ProxyNode node, Map<Integer, Integer> targetPorts) {
    Map<String, String> listen = node.textMap("FLOTILLA_LISTEN");
    int own = targetPorts.getOrDefault(number, number);
    String told = listen.getOrDefault(Integer.toString(number), listen.get(Integer.toString(own)));
    if (told != null && told.lastIndexOf(':') > 0) {
      int colon = told.lastIndexOf(':');
      return new SocketAddress(
          told.substring(0, colon), Integer.parseInt(told.substring(colon + 1)));
    }
    String host =
        bind.filter(b -> !b.isEmpty())
            .orElse(ProxyScope.of(node).intercepts() ? "0.0.0.0" : node.ip());
    return new SocketAddress(host, own);
  }

  /** Empty for AUTO_PASSTHROUGH, which serves other networks. */
  private static Optional<ServerTls> tls(ServerTlsSettings told) {
    ServerTls.Mode mode =
        switch (told.mode().orElse(ServerTlsSettings.Mode.PASSTHROUGH)) {
          case PASSTHROUGH -> ServerTls.Mode.PASSTHROUGH;
          case SIMPLE -> ServerTls.Mode.SIMPLE;
          case MUTUAL -> ServerTls.Mode.MUTUAL;
          case OPTIONAL_MUTUAL -> ServerTls.Mode.OPTIONAL_MUTUAL;
          case ISTIO_MUTUAL -> ServerTls.Mode.ISTIO_MUTUAL;
          case AUTO_PASSTHROUGH -> null;
        };
    if (mode == null) {
      return Optional.empty();
    }
    return Optional.of(
        new ServerTls(
            mode,
            told.credentialName().or(() -> told.credentialNames().stream().findFirst()).orElse(""),
            told.serverCertificate().orElse(""),
            told.privateKey().orElse(""),
            told.caCertificates().orElse(""),
            told.caCrl().orElse(""),
            told.subjectAltNames(),
            told.verifyCertificateHash(),
            told.verifyCertificateSpki(),
            told.minProtocolVersion().map(Enum::name).orElse(""),
            told.maxProtocolVersion().map(Enum::name).orElse(""),
            told.cipherSuites()));
  }
}
