// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.listener;

import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.FilterChainMatch;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.listener.Listener.Inspector;
import io.flotilla.model.listener.Listener.TrafficDirection;
import io.flotilla.model.listener.NetworkFilter;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.tls.CertificateRef;
import io.flotilla.model.tls.DownstreamTls;
import io.flotilla.model.tls.PeerValidation;
import io.flotilla.model.tls.TlsContext;
import io.flotilla.model.tls.TlsContext.Version;
import io.flotilla.model.tls.TrustRef;
import io.flotilla.translate.MeshSettings;
import io.flotilla.translate.Problem;
import io.flotilla.translate.ProxyScope;
import io.flotilla.translate.listener.GatewayServer.ServerTls;
import io.flotilla.translate.policy.AccessFilters;
import io.flotilla.translate.route.TcpRule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The listeners of a gateway: servers that share an address share one. */
public final class GatewayTranslator {
  private final MeshSettings mesh;
  private final Chains chains;
  private final ProxyScope scope;

  /**
   * @param access what guards the gateway
   */
  public GatewayTranslator(MeshSettings mesh, ProxyScope scope, AccessFilters access) {
    this.mesh = mesh;
    this.chains = new Chains(mesh, scope, access);
    this.scope = scope;
  }

  /**
   * The listeners, by name.
   *
   * @param rules for each server that passes connections on: where to
   * @param problems takes what could not be meant
   */
  public Map<String, Listener> listeners(
      List<GatewayServer> servers,
      Map<GatewayServer, List<TcpRule>> rules,
      Collection<Problem> problems) {
    Map<String, List<GatewayServer>> byAddress = new LinkedHashMap<>();
    for (GatewayServer server : servers) {
      byAddress
          .computeIfAbsent(
              server.address().host() + "_" + server.address().port(), n -> new ArrayList<>())
          .add(server);
    }
    Map<String, Listener> out = new LinkedHashMap<>();
    byAddress.forEach(
        (name, of) ->
            listener(name, of, rules, problems)
                .ifPresent(listener -> out.put(listener.name(), listener)));
    if (scope.tunnels()) {
      Listener tunnels = HboneTranslator.originating();
      out.put(tunnels.name(), tunnels);
    }
    return out;
  }

  private Optional<Listener> listener(
      String name,
      List<GatewayServer> servers,
      Map<GatewayServer, List<TcpRule>> rules,
      Collection<Problem> problems) {
    List<FilterChain> all = new ArrayList<>();
    Set<FilterChainMatch> taken = new HashSet<>();
    for (GatewayServer server : servers) {
      List<FilterChain> made =
          server.routesHttp()
              ? List.of(http(server, name))
              : tcp(server, rules.getOrDefault(server, List.of()));
      for (FilterChain chain : made) {
        boolean sharesRoutes = server.routesHttp() && server.tls().isEmpty();
        if (taken.add(chain.match())) {
          all.add(chain);
        } else if (!sharesRoutes) {
          problems.add(
              new Problem(
                  "ConflictingServers",
                  server.source(),
                  "server '"
                      + server.portName()
                      + "' on port "
                      + server.port()
                      + " takes the same connections as one before it and is left out; give it"
                      + " other hosts or another port"));
        }
      }
    }
    if (all.isEmpty()) {
      return Optional.empty();
    }
    boolean byName =
        all.stream().anyMatch(c -> c.tls().isPresent() || !c.match().serverNames().isEmpty());
    return Optional.of(
        new Listener(
            name,
            servers.getFirst().address(),
            List.of(),
            true,
            TrafficDirection.OUTBOUND,
            false,
            false,
            byName ? EnumSet.of(Inspector.TLS) : EnumSet.noneOf(Inspector.class),
            Duration.ZERO,
            false,
            all,
            Optional.empty(),
            chains.unmatchedLogs()));
  }

  private FilterChain http(GatewayServer server, String name) {
    return new FilterChain(
        "",
        server.tls().isPresent()
            ? byServerName(server.hostNames(), List.of())
            : FilterChainMatch.ANY,
        server.tls().map(this::downstream),
        List.<NetworkFilter>of(),
        chains.gatewayHttp(name, server.routesName()));
  }

  private List<FilterChain> tcp(GatewayServer server, List<TcpRule> rules) {
    Optional<DownstreamTls> tls =
        server.tls().filter(t -> t.mode() != ServerTls.Mode.PASSTHROUGH).map(this::downstream);
    List<FilterChain> out = new ArrayList<>();
    for (TcpRule rule : rules) {
      List<String> names =
          rule.serverNames().isEmpty() && server.tls().isPresent()
              ? server.hostNames()
              : rule.serverNames();
      FilterChain plain =
          chains.gatewayTcp(
              "",
              new FilterChainMatch(
                  Optional.empty(),
                  rule.destinations(),
                  names.stream().filter(n -> !n.equals("*")).toList(),
                  "",
                  List.of(),
                  List.of()),
              rule.cluster(),
              rule.tunnel());
      out.add(
          new FilterChain(
              plain.name(), plain.match(), tls, plain.networkFilters(), plain.terminal()));
    }
    return out;
  }

  private static FilterChainMatch byServerName(List<String> hosts, List<String> alpn) {
    return new FilterChainMatch(
        Optional.empty(), List.of(), hosts.contains("*") ? List.of() : hosts, "", alpn, List.of());
  }

  private DownstreamTls downstream(ServerTls tls) {
    if (tls.mode() == ServerTls.Mode.ISTIO_MUTUAL) {
      return MeshTls.server(mesh.trustDomain(), false);
    }
    boolean verifies =
        tls.mode() == ServerTls.Mode.MUTUAL || tls.mode() == ServerTls.Mode.OPTIONAL_MUTUAL;
    boolean secret = !tls.credentialName().isEmpty();
    CertificateRef certificate =
        secret
            ? new CertificateRef.Sds(tls.secretName())
            : new CertificateRef.Files(tls.certificatePath(), tls.keyPath());
    TrustRef trust =
        secret ? new TrustRef.Sds(tls.secretName() + "-cacert") : new TrustRef.File(tls.caPath());
    return new DownstreamTls(
        new TlsContext(
            Optional.of(certificate),
            verifies
                ? Optional.of(
                    new PeerValidation(
                        trust,
                        tls.subjectAltNames().stream().map(StringMatch::exact).toList(),
                        Set.copyOf(tls.certificateHashes()),
                        Set.copyOf(tls.keyHashes()),
                        tls.crlPath().isEmpty()
                            ? Optional.empty()
                            : Optional.of(new TrustRef.File(tls.crlPath()))))
                : Optional.empty(),
            List.of("h2", "http/1.1"),
            version(tls.minimum(), Version.TLS_1_2),
            version(tls.maximum(), Version.TLS_1_3),
            tls.ciphers()),
        tls.mode() == ServerTls.Mode.MUTUAL);
  }

  private static Version version(String word, Version otherwise) {
    return switch (word) {
      case "TLSV1_0" -> Version.TLS_1_0;
      case "TLSV1_1" -> Version.TLS_1_1;
      case "TLSV1_2" -> Version.TLS_1_2;
      case "TLSV1_3" -> Version.TLS_1_3;
      default -> otherwise;
    };
  }
}
