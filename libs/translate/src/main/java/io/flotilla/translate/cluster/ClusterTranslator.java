// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.cluster;

import io.flotilla.model.cluster.CircuitBreakers;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.Cluster.HttpUpstream;
import io.flotilla.model.cluster.Cluster.ServiceRef;
import io.flotilla.model.cluster.ConnectionSettings;
import io.flotilla.model.cluster.Discovery;
import io.flotilla.model.cluster.LoadBalancing;
import io.flotilla.model.cluster.TransportMatch;
import io.flotilla.model.cluster.TransportMatch.ProxyHeader;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.tls.CertificateRef;
import io.flotilla.model.tls.PeerValidation;
import io.flotilla.model.tls.TlsContext;
import io.flotilla.model.tls.TlsContext.Version;
import io.flotilla.model.tls.TrustRef;
import io.flotilla.model.tls.UpstreamTls;
import io.flotilla.translate.MeshSettings;
import io.flotilla.translate.ProxyScope;
import io.flotilla.translate.endpoint.EndpointTranslator;
import io.flotilla.translate.endpoint.TunnelledEndpoints;
import io.flotilla.translate.listener.HboneTranslator;
import io.flotilla.translate.listener.MeshTls;
import io.flotilla.translate.service.HostName;
import io.flotilla.translate.service.MeshService;
import io.flotilla.translate.service.MeshService.Resolution;
import io.flotilla.translate.service.Protocol;
import io.flotilla.translate.service.ServiceEndpoint;
import io.flotilla.translate.service.ServicePort;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** A service's port, and perhaps a subset, as a cluster. */
public final class ClusterTranslator {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

  private final MeshSettings mesh;
  private final ProxyScope scope;

  public ClusterTranslator(MeshSettings mesh, ProxyScope scope) {
    this.mesh = mesh;
    this.scope = scope;
  }

  /**
   * The cluster.
   *
   * @param subset a subset's name and labels; the name is empty for the whole service
   * @param endpoints of the service's port, of all subsets
   * @param source the DestinationRule, or else the service
   */
  public Cluster outbound(
      MeshService service,
      ServicePort port,
      String subset,
      Map<String, String> subsetLabels,
      ClusterPolicy policy,
      List<ServiceEndpoint> endpoints,
      String source) {
    String name = ClusterName.outbound(port.number(), subset, service.host());
    Discovery discovery = discovery(name, service, policy, subsetLabels, endpoints);
    boolean original = discovery instanceof Discovery.OriginalDestination;
    boolean http2 = port.protocol().isHttp2() || (policy.http2() && port.protocol().mayBeHttp());
    List<TransportMatch> direct =
        transports(service, port, subset, policy, endpoints, original, http2);
    List<TransportMatch> transports = tunnels(scope, service, policy) ? orByTunnel(direct) : direct;
    return new Cluster(
        name,
        discovery,
        original ? new LoadBalancing.ClusterProvided() : policy.loadBalancing(),
        policy.connectTimeout(),
        http2
            ? HttpUpstream.HTTP2
            : port.protocol() == Protocol.SNIFFED
                ? HttpUpstream.SAME_AS_DOWNSTREAM
                : HttpUpstream.HTTP1,
        policy.proxyHeader().map(header -> behind(header, transports)).orElse(transports),
        policy.circuitBreakers(),
        original ? Optional.empty() : policy.outlierDetection(),
        Optional.empty(),
        List.of(new ServiceRef(service.host(), service.name(), service.namespace())),
        policy.connection(),
        source);
  }

  /** Where requests go that nobody declared, the black hole, and the exporter of spans. */
  public List<Cluster> fixed() {
    List<Cluster> out = new ArrayList<>();
    out.add(
        Cluster.of(
            ClusterName.BLACK_HOLE,
            new Discovery.Static(new ClusterLoadAssignment(ClusterName.BLACK_HOLE, List.of()))));
    if (scope.tunnels()) {
      out.add(HboneTranslator.ends(mesh.trustDomain()));
    }
    if (scope.intercepts() && !scope.isGateway()) {
      out.add(
          new Cluster(
              ClusterName.PASSTHROUGH,
              new Discovery.OriginalDestination(Optional.empty()),
              new LoadBalancing.ClusterProvided(),
              CONNECT_TIMEOUT,
              HttpUpstream.SAME_AS_DOWNSTREAM,
              List.of(),
              CircuitBreakers.UNLIMITED,
              Optional.empty(),
              Optional.empty(),
              List.of(),
              ConnectionSettings.DEFAULT,
              ""));
    }
    mesh.tracing()
        .ifPresent(
            exporter -> {
              ClusterLoadAssignment where =
                  ClusterLoadAssignment.of(
                      "flotilla-otlp", List.of(Endpoint.of(exporter.host(), exporter.port())));
              Cluster plain =
                  Cluster.of(
                      "flotilla-otlp",
                      EndpointTranslator.isIp(exporter.host())
                          ? new Discovery.Static(where)
                          : new Discovery.StrictDns(where));
              out.add(
                  new Cluster(
                      plain.name(),
                      plain.discovery(),
                      plain.loadBalancing(),
                      plain.connectTimeout(),
                      HttpUpstream.HTTP2,
                      plain.transports(),
                      plain.circuitBreakers(),
                      plain.outlierDetection(),
                      plain.bindSource(),
                      plain.services(),
                      plain.connection(),
                      plain.source()));
            });
    return out;
  }

  private Discovery discovery(
      String name,
      MeshService service,
      ClusterPolicy policy,
      Map<String, String> subsetLabels,
      List<ServiceEndpoint> endpoints) {
    return switch (resolution(scope, service, policy)) {
      case ENDPOINTS -> new Discovery.Eds(name);
      case DNS ->
          new Discovery.StrictDns(EndpointTranslator.assignment(name, endpoints, subsetLabels));
      case DNS_ROUND_ROBIN ->
          new Discovery.LogicalDns(
              EndpointTranslator.assignment(
                  name, endpoints.stream().limit(1).toList(), subsetLabels));
      case PASSTHROUGH -> new Discovery.OriginalDestination(Optional.empty());
    };
  }

  /**
   * How {@code scope}'s proxies find the endpoints. Only interception tells an original
   * destination; elsewhere a headless service is reached by its endpoints.
   */
  public static Resolution resolution(ProxyScope scope, MeshService service, ClusterPolicy policy) {
    boolean canPassThrough = scope.intercepts() && !scope.isGateway();
    if (canPassThrough && policy.passthrough()) {
      return Resolution.PASSTHROUGH;
    }
    if (service.resolution() != Resolution.PASSTHROUGH || canPassThrough) {
      return service.resolution();
    }
    return service.kubernetes() || HostName.isWildcard(service.host())
        ? Resolution.ENDPOINTS
        : Resolution.DNS;
  }

  /** Whether endpoints that take tunnels (HBONE) are reached by them: TLS of one's own is not. */
  public static boolean tunnels(ProxyScope scope, MeshService service, ClusterPolicy policy) {
    return scope.tunnels()
        && !service.external()
        && resolution(scope, service, policy) == Resolution.ENDPOINTS
        && policy
            .tls()
            .map(
                tls ->
                    tls.mode() == TlsOrigination.Mode.ISTIO_MUTUAL
                        || tls.mode() == TlsOrigination.Mode.DISABLE)
            .orElse(true);
  }

  private static List<TransportMatch> orByTunnel(List<TransportMatch> transports) {
    List<TransportMatch> out = new ArrayList<>(List.of(TunnelledEndpoints.transport()));
    out.addAll(
        transports.isEmpty()
            ? List.of(new TransportMatch("tlsMode-disabled", Map.of(), Optional.empty()))
            : transports);
    return out;
  }

  private static List<TransportMatch> behind(ProxyHeader header, List<TransportMatch> transports) {
    return transports.isEmpty()
        ? List.of(new TransportMatch("", Map.of(), Optional.empty()).behind(header))
        : transports.stream().map(t -> t.behind(header)).toList();
  }

  private List<TransportMatch> transports(
      MeshService service,
      ServicePort port,
      String subset,
      ClusterPolicy policy,
      List<ServiceEndpoint> endpoints,
      boolean original,
      boolean http2) {
    TreeSet<String> identities = new TreeSet<>(service.subjectAltNames());
    endpoints.forEach(
        endpoint -> {
          if (!endpoint.identity().isEmpty()) {
            identities.add(endpoint.identity());
          }
        });
    String sni = ClusterName.sni(port.number(), subset, service.host());
    if (policy.tls().isEmpty()) {
      if (service.external()) {
        return List.of();
      }
      if (original) {
        // An original destination has no tags: mesh TLS only where every endpoint takes it.
        return endpoints.isEmpty() || !endpoints.stream().allMatch(ServiceEndpoint::meshTls)
            ? List.of()
            : List.of(
                new TransportMatch(
                    "istio-mutual",
                    Map.of(),
                    Optional.of(MeshTls.client(sni, List.copyOf(identities), http2))));
      }
      return List.of(
          new TransportMatch(
              "tlsMode-istio",
              Map.of("tlsMode", "istio"),
              Optional.of(MeshTls.client(sni, List.copyOf(identities), http2))),
          new TransportMatch("tlsMode-disabled", Map.of(), Optional.empty()));
    }
    TlsOrigination tls = policy.tls().get();
    if (!tls.credentialName().isEmpty() && !scope.isGateway()) {
      // Secrets are served to gateways alone.
      return List.of();
    }
    return switch (tls.mode()) {
      case DISABLE -> List.of();
      case ISTIO_MUTUAL ->
          List.of(
              new TransportMatch(
                  "istio-mutual",
                  Map.of(),
                  Optional.of(
                      MeshTls.client(
                          tls.sni().isEmpty() ? sni : tls.sni(),
                          tls.subjectAltNames().isEmpty()
                              ? List.copyOf(identities)
                              : tls.subjectAltNames(),
                          http2))));
      case SIMPLE, MUTUAL ->
          List.of(
              new TransportMatch("tls", Map.of(), Optional.of(origination(service, tls, http2))));
    };
  }

  private static UpstreamTls origination(MeshService service, TlsOrigination tls, boolean http2) {
    boolean named = !tls.sni().isEmpty() || HostName.isWildcard(service.host());
    String sni = named ? tls.sni() : service.host();
    List<String> names = tls.subjectAltNames();
    if (names.isEmpty() && !named) {
      names = List.of(sni);
    }
    Optional<CertificateRef> certificate = Optional.empty();
    TrustRef trust =
        tls.caPath().isEmpty() ? new TrustRef.System() : new TrustRef.File(tls.caPath());
    if (tls.mode() == TlsOrigination.Mode.MUTUAL && tls.credentialName().isEmpty()) {
      certificate = Optional.of(new CertificateRef.Files(tls.certificatePath(), tls.keyPath()));
    } else if (!tls.credentialName().isEmpty()) {
      String secret = "kubernetes://" + tls.credentialName();
      trust = new TrustRef.Sds(secret + "-cacert");
      if (tls.mode() == TlsOrigination.Mode.MUTUAL) {
        certificate = Optional.of(new CertificateRef.Sds(secret));
      }
    }
    if (tls.insecure()) {
      trust = new TrustRef.AcceptAny();
    }
    return new UpstreamTls(
        new TlsContext(
            certificate,
            Optional.of(
                new PeerValidation(
                    trust,
                    names.stream().map(StringMatch::exact).toList(),
                    Set.of(),
                    Set.of(),
                    tls.crlPath().isEmpty()
                        ? Optional.empty()
                        : Optional.of(new TrustRef.File(tls.crlPath())))),
            http2 ? List.of("h2") : List.of(),
            Version.TLS_1_2,
            Version.TLS_1_3,
            List.of()),
        sni);
  }
}
