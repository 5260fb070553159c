// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate;

import io.flotilla.api.Kind;
import io.flotilla.api.Kinds;
import io.flotilla.api.Resource;
import io.flotilla.api.gateway.ReferenceGrant;
import io.flotilla.api.kubernetes.EndpointSlice;
import io.flotilla.api.kubernetes.Pod;
import io.flotilla.api.kubernetes.Secret;
import io.flotilla.api.kubernetes.Service;
import io.flotilla.api.networking.DestinationRule;
import io.flotilla.api.networking.Gateway;
import io.flotilla.api.networking.HttpRoute;
import io.flotilla.api.networking.ServiceEntry;
import io.flotilla.api.networking.VirtualService;
import io.flotilla.api.networking.WorkloadEntry;
import io.flotilla.api.networking.WorkloadSelector;
import io.flotilla.api.security.AuthorizationPolicy;
import io.flotilla.api.security.PeerAuthentication;
import io.flotilla.api.security.RequestAuthentication;
import io.flotilla.graph.Collection;
import io.flotilla.graph.Graph;
import io.flotilla.graph.GraphBuilder;
import io.flotilla.graph.Index;
import io.flotilla.graph.Reads;
import io.flotilla.graph.Source;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.Cluster.ServiceRef;
import io.flotilla.model.dns.NameTable;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.node.ProxyNode;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.route.VirtualHost;
import io.flotilla.model.snapshot.ProxySnapshot;
import io.flotilla.translate.cluster.ClusterName;
import io.flotilla.translate.cluster.ClusterPolicy;
import io.flotilla.translate.cluster.ClusterTranslator;
import io.flotilla.translate.cluster.DestinationPolicy;
import io.flotilla.translate.cluster.ScopedService;
import io.flotilla.translate.cluster.TlsOrigination;
import io.flotilla.translate.dns.AllocatedAddresses;
import io.flotilla.translate.dns.NameTranslator;
import io.flotilla.translate.endpoint.EndpointTranslator;
import io.flotilla.translate.endpoint.ServiceEndpoints;
import io.flotilla.translate.gatewayapi.ApiGateways;
import io.flotilla.translate.gatewayapi.HttpRoutes;
import io.flotilla.translate.listener.GatewayServer;
import io.flotilla.translate.listener.GatewayServers;
import io.flotilla.translate.listener.GatewayTranslator;
import io.flotilla.translate.listener.InboundPort;
import io.flotilla.translate.listener.InboundTranslator;
import io.flotilla.translate.listener.MtlsPolicy;
import io.flotilla.translate.listener.OutboundService;
import io.flotilla.translate.listener.OutboundTranslator;
import io.flotilla.translate.listener.PeerAuthentications;
import io.flotilla.translate.policy.AccessFilters;
import io.flotilla.translate.policy.AuthorizationPolicies;
import io.flotilla.translate.policy.RequestAuthentications;
import io.flotilla.translate.route.Delegates;
import io.flotilla.translate.route.GatewayRoutes;
import io.flotilla.translate.route.RouteContext;
import io.flotilla.translate.route.RoutingRule;
import io.flotilla.translate.route.TcpRouteTranslator;
import io.flotilla.translate.route.TcpRule;
import io.flotilla.translate.route.VirtualHosts;
import io.flotilla.translate.service.Exports;
import io.flotilla.translate.service.HostName;
import io.flotilla.translate.service.KubernetesTranslator;
import io.flotilla.translate.service.MeshService;
import io.flotilla.translate.service.MeshService.Resolution;
import io.flotilla.translate.service.Protocol;
import io.flotilla.translate.service.ServiceEndpoint;
import io.flotilla.translate.service.ServiceEntryTranslator;
import io.flotilla.translate.service.ServiceKey;
import io.flotilla.translate.service.ServicePort;
import io.flotilla.translate.service.Workload;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The whole way from what Galley publishes to what each proxy must know, described once, from top
 * to bottom: sources, services and what serves them, routing rules, then for every scope of proxies
 * its services, clusters, endpoints, routes and listeners, and last each proxy's snapshot.
 *
 * <p>Objects are keyed by "namespace/name", proxies by their node ids. A change of a source
 * re-evaluates what read it and nothing else; a {@link Graph#fork} of {@link #graph} answers what
 * would be.
 */
public final class PilotGraph {
  private static final String ALL = "all";

  private final MeshSettings mesh;
  private final GraphBuilder builder = new GraphBuilder();
  private final Map<Kind<?>, Source<String, ?>> byKind = new LinkedHashMap<>();

  // What Galley publishes, and who is connected.

  private final Source<String, Resource<Service>> kubernetesServices = kind(Kinds.SERVICE);
  private final Source<String, Resource<EndpointSlice>> endpointSlices = kind(Kinds.ENDPOINT_SLICE);
  private final Source<String, Resource<Pod>> pods = kind(Kinds.POD);
  private final Source<String, Resource<Secret>> secrets = kind(Kinds.SECRET);
  private final Source<String, Resource<WorkloadEntry>> workloadEntries =
      kind(Kinds.WORKLOAD_ENTRY);
  private final Source<String, Resource<ServiceEntry>> serviceEntries = kind(Kinds.SERVICE_ENTRY);
  private final Source<String, Resource<VirtualService>> virtualServices =
      kind(Kinds.VIRTUAL_SERVICE);
  private final Source<String, Resource<DestinationRule>> destinationRules =
      kind(Kinds.DESTINATION_RULE);
  private final Source<String, Resource<Gateway>> gateways = kind(Kinds.GATEWAY);
  private final Source<String, Resource<PeerAuthentication>> peerAuthentications =
      kind(Kinds.PEER_AUTHENTICATION);
  private final Source<String, Resource<AuthorizationPolicy>> authorizationPolicies =
      kind(Kinds.AUTHORIZATION_POLICY);
  private final Source<String, Resource<RequestAuthentication>> requestAuthentications =
      kind(Kinds.REQUEST_AUTHENTICATION);
  private final Source<String, Resource<io.flotilla.api.gateway.Gateway>> apiGateways =
      kind(Kinds.KUBERNETES_GATEWAY);
  private final Source<String, Resource<io.flotilla.api.gateway.HttpRoute>> apiRoutes =
      kind(Kinds.HTTP_ROUTE);
  private final Source<String, Resource<ReferenceGrant>> referenceGrants =
      kind(Kinds.REFERENCE_GRANT);
  private final Source<String, ProxyNode> proxies = builder.source("proxies");

  // Workloads.

  private final Collection<String, Workload> podWorkloads =
      builder.map("pod workloads", pods, (reads, key, pod) -> KubernetesTranslator.workload(pod));
  private final Collection<String, Workload> entryWorkloads =
      builder.map(
          "entry workloads",
          workloadEntries,
          (reads, key, entry) ->
              Optional.of(
                  ServiceEntryTranslator.workload(
                      entry.metadata().name(), entry.metadata().namespace(), entry.spec())));
  private final Index<String, String, Workload> podsByNamespace =
      builder.index("pods by namespace", podWorkloads, (key, w) -> List.of(w.namespace()));
  private final Index<String, String, Workload> entriesByNamespace =
      builder.index("entries by namespace", entryWorkloads, (key, w) -> List.of(w.namespace()));
  private final Index<String, String, Resource<PeerAuthentication>> policiesByNamespace =
      builder.index(
          "peer authentications by namespace",
          peerAuthentications,
          (key, policy) -> List.of(policy.metadata().namespace()));
  private final Index<String, String, Resource<AuthorizationPolicy>> authorizationsByNamespace =
      builder.index(
          "authorization policies by namespace",
          authorizationPolicies,
          (key, policy) -> List.of(policy.metadata().namespace()));
  private final Index<String, String, Resource<RequestAuthentication>> tokensByNamespace =
      builder.index(
          "request authentications by namespace",
          requestAuthentications,
          (key, policy) -> List.of(policy.metadata().namespace()));

  // Services, and what serves them.

  private final Collection<ServiceKey, MeshService> declaredByKubernetes;
  private final Collection<ServiceKey, MeshService> declaredByEntries =
      builder.flatMap(
          "services of entries",
          serviceEntries,
          (reads, key, entry) ->
              ServiceEntryTranslator.services(entry).stream()
                  .collect(Collectors.toMap(MeshService::key, s -> s, (a, b) -> a)));
  private final Collection<ServiceKey, MeshService> services;
  private final Index<String, ServiceKey, MeshService> servicesByHost;
  private final Index<String, ServiceKey, MeshService> servicesWithoutAddress;
  private final Collection<String, Map<ServiceKey, String>> allocated;
  private final Index<String, String, Resource<EndpointSlice>> slicesByService =
      builder.index(
          "slices by service",
          endpointSlices,
          (key, slice) ->
              Optional.ofNullable(slice.metadata().labels().get(EndpointSlice.SERVICE))
                  .map(name -> slice.metadata().namespace() + "/" + name)
                  .stream()
                  .toList());
  private final Collection<ServiceKey, List<ServiceEndpoint>> endpoints;
  private final Index<String, ServiceKey, List<ServiceEndpoint>> endpointsByAddress;

  // Rules.

  private final Collection<String, RoutingRule> virtualServiceRules;
  private final Collection<String, RoutingRule> apiRules;
  private final Collection<String, RoutingRule> rules;
  private final Index<String, String, RoutingRule> rulesByHost;
  private final Index<String, String, RoutingRule> rulesByGateway;
  private final Index<String, String, Resource<DestinationRule>> destinationRulesByHost;

  // What scopes of proxies see.

  private final Collection<String, ProxyScope> scopes =
      builder.flatMap(
          "scopes",
          proxies,
          (reads, id, node) -> {
            ProxyScope scope = ProxyScope.of(node);
            return Map.of(scope.key(), scope);
          });
  private final Collection<ScopedKey, MeshService> visible;
  private final Collection<ScopedKey, ScopedService> scoped;
  private final Collection<ScopedKey, List<Cluster>> clusters;
  private final Index<String, ScopedKey, List<Cluster>> clustersByScope;
  private final Collection<ScopedKey, ClusterLoadAssignment> assignments;
  private final Index<String, ScopedKey, ClusterLoadAssignment> assignmentsByScope;
  private final Collection<VirtualHostKey, VirtualHost> serviceHosts;
  private final Collection<VirtualHostKey, VirtualHost> ruleHosts;
  private final Collection<VirtualHostKey, VirtualHost> virtualHosts;
  private final Index<ScopedKey, VirtualHostKey, VirtualHost> virtualHostsByRoutes;
  private final Collection<ScopedKey, RouteConfiguration> routes;
  private final Collection<ScopedKey, OutboundService> outboundServices;
  private final Index<String, ScopedKey, OutboundService> outboundServicesByScope;
  private final Collection<String, Map<String, Listener>> outbound;
  private final Collection<String, Map<String, Cluster>> upstreams;
  private final Collection<String, Map<String, ClusterLoadAssignment>> upstreamEndpoints;

  private final Collection<String, NameTable> names;

  // What single proxies see, and all of it together.

  private final Collection<String, Map<ServiceKey, List<ServiceEndpoint>>> served;
  private final Collection<String, Part> inbound;
  private final Collection<String, List<GatewayServer>> gatewayServers;
  private final Collection<String, Part> edge;
  private final Collection<String, ProxySnapshot> snapshots;

  // What could not be meant.

  private final Collection<String, List<Problem>> problems;

  private final Graph graph;

  /** Listeners, routes, clusters and secrets that are one proxy's own. */
  private record Part(
      Map<String, Listener> listeners,
      Map<String, RouteConfiguration> routes,
      Map<String, Cluster> clusters,
      Map<String, io.flotilla.model.tls.Secret> secrets,
      List<Problem> problems) {
    static final Part NONE = new Part(Map.of(), Map.of(), Map.of(), Map.of(), List.of());
  }

  /** An empty graph. */
  public PilotGraph(MeshSettings mesh) {
    this.mesh = mesh;

    declaredByKubernetes =
        builder.flatMap(
            "services of Kubernetes",
            kubernetesServices,
            (reads, key, resource) -> {
              MeshService service = KubernetesTranslator.service(resource, mesh.domain());
              return Map.of(service.key(), service);
            });
    services = builder.merge("services", List.of(declaredByKubernetes, declaredByEntries));
    servicesByHost =
        builder.index("services by host", services, (key, service) -> List.of(key.host()));
    servicesWithoutAddress =
        builder.index(
            "services without address",
            services,
            (key, service) -> AllocatedAddresses.needs(service) ? List.of(ALL) : List.of());
    allocated =
        builder.map(
            "allocated addresses",
            servicesWithoutAddress,
            (reads, key, of) -> Optional.of(AllocatedAddresses.of(of.values())));
    endpoints =
        builder.map("endpoints", services, (reads, key, service) -> endpoints(reads, service));
    endpointsByAddress =
        builder.index(
            "endpoints by address",
            endpoints,
            (key, of) -> of.stream().map(ServiceEndpoint::address).distinct().toList());

    virtualServiceRules =
        builder.map(
            "rules of VirtualServices", virtualServices, (reads, key, vs) -> rule(reads, vs));
    apiRules =
        builder.flatMap("rules of HTTPRoutes", apiRoutes, (reads, key, r) -> apiRules(reads, r));
    rules = builder.merge("routing rules", List.of(virtualServiceRules, apiRules));
    rulesByHost = builder.index("rules by host", rules, (key, rule) -> rule.hosts());
    rulesByGateway = builder.index("rules by gateway", rules, (key, rule) -> rule.gateways());
    destinationRulesByHost =
        builder.index(
            "destination rules by host",
            destinationRules,
            (key, rule) ->
                List.of(
                    HostName.qualify(
                        rule.spec().host(), rule.metadata().namespace(), mesh.domain())));

    visible =
        builder.flatMap("visible services", scopes, (reads, key, scope) -> visible(reads, scope));
    scoped =
        builder.map(
            "scoped services",
            visible,
            (reads, key, service) -> Optional.of(scoped(reads, scope(reads, key), service)));
    clusters =
        builder.map(
            "clusters",
            scoped,
            (reads, key, of) -> Optional.of(clusters(reads, scope(reads, key), of)));
    clustersByScope =
        builder.index("clusters by scope", clusters, (key, c) -> List.of(key.scope()));
    assignments =
        builder.flatMap(
            "load assignments",
            scoped,
            (reads, key, of) -> assignments(reads, scope(reads, key), of));
    assignmentsByScope =
        builder.index("load assignments by scope", assignments, (key, a) -> List.of(key.scope()));
    upstreams =
        builder.map(
            "upstreams", scopes, (reads, key, scope) -> Optional.of(upstreams(reads, scope)));
    upstreamEndpoints =
        builder.map(
            "endpoints of upstreams",
            assignmentsByScope,
            (reads, key, of) ->
                Optional.of(
                    of.values().stream()
                        .collect(Collectors.toMap(ClusterLoadAssignment::clusterName, a -> a))));
    serviceHosts =
        builder.flatMap(
            "virtual hosts of services",
            scoped,
            (reads, key, of) -> serviceHosts(reads, scope(reads, key), of));
    ruleHosts =
        builder.flatMap(
            "virtual hosts of rules", scopes, (reads, key, scope) -> ruleHosts(reads, scope));
    virtualHosts = builder.merge("virtual hosts", List.of(serviceHosts, ruleHosts));
    virtualHostsByRoutes =
        builder.index(
            "virtual hosts by routes", virtualHosts, (key, host) -> List.of(key.routes()));
    routes =
        builder.map(
            "routes",
            virtualHostsByRoutes,
            (reads, key, hosts) -> Optional.of(routes(scope(reads, key), key.name(), hosts)));
    outboundServices =
        builder.map(
            "outbound services",
            scoped,
            (reads, key, of) -> outboundService(reads, scope(reads, key), of));
    outboundServicesByScope =
        builder.index(
            "outbound services by scope", outboundServices, (key, s) -> List.of(key.scope()));
    outbound =
        builder.map(
            "outbound listeners",
            scopes,
            (reads, key, scope) ->
                scope.isGateway() ? Optional.empty() : Optional.of(outbound(reads, scope)));

    names =
        builder.map(
            "names",
            scopes,
            (reads, key, scope) ->
                scope.resolves() ? Optional.of(names(reads, scope)) : Optional.empty());

    served = builder.map("served", proxies, (reads, id, node) -> Optional.of(served(reads, node)));
    inbound =
        builder.map(
            "inbound",
            proxies,
            (reads, id, node) ->
                node.type() == ProxyNode.Type.ROUTER
                    ? Optional.empty()
                    : Optional.of(inbound(reads, id, node)));
    gatewayServers =
        builder.map(
            "gateway servers",
            proxies,
            (reads, id, node) ->
                node.type() == ProxyNode.Type.ROUTER
                    ? Optional.of(gatewayServers(reads, id, node))
                    : Optional.empty());
    edge =
        builder.map(
            "gateways of proxies",
            gatewayServers,
            (reads, id, servers) -> reads.get(proxies, id).map(node -> edge(reads, node, servers)));
    snapshots =
        builder.map(
            "snapshots", proxies, (reads, id, node) -> Optional.of(snapshot(reads, id, node)));

    problems =
        builder.map(
            "problems",
            rules,
            (reads, key, rule) -> {
              List<Problem> found =
                  new DestinationCheck(mesh, host -> declared(reads, host, rule))
                      .check(
                          rule,
                          // A listener of the Gateway API has no object of its own.
                          name -> name.indexOf('~') >= 0 || reads.get(gateways, name).isPresent());
              return found.isEmpty() ? Optional.empty() : Optional.of(found);
            });

    graph = builder.build();
  }

  /** The live graph. */
  public Graph graph() {
    return graph;
  }

  /** The source of objects of a kind, or empty where Pilot does not need the kind. */
  @SuppressWarnings("unchecked")
  public <S> Optional<Source<String, Resource<S>>> source(Kind<S> kind) {
    return Optional.ofNullable((Source<String, Resource<S>>) byKind.get(kind));
  }

  /** The kinds that Pilot needs. */
  public Set<Kind<?>> kinds() {
    return Set.copyOf(byKind.keySet());
  }

  /** Connected proxies by node id. */
  public Source<String, ProxyNode> proxies() {
    return proxies;
  }

  /** What each connected proxy must know; {@link ProxySnapshot#revision} is 0 throughout. */
  public Collection<String, ProxySnapshot> snapshots() {
    return snapshots;
  }

  /** All services of the mesh. */
  public Collection<ServiceKey, MeshService> services() {
    return services;
  }

  /** What serves each service. */
  public Collection<ServiceKey, List<ServiceEndpoint>> endpoints() {
    return endpoints;
  }

  /** What VirtualServices ask for in vain, by "namespace/name". */
  public Collection<String, List<Problem>> problems() {
    return problems;
  }

  private <S> Source<String, Resource<S>> kind(Kind<S> kind) {
    Source<String, Resource<S>> source = builder.source(kind.typeUrl());
    byKind.put(kind, source);
    return source;
  }

  // The functions, in the order of their collections.

  private Optional<List<ServiceEndpoint>> endpoints(Reads reads, MeshService service) {
    ServiceEndpoints out = new ServiceEndpoints(mesh, w -> mtls(reads, w.namespace(), w.labels()));
    if (service.kubernetes()) {
      if (service.resolution() == Resolution.DNS) {
        reads
            .get(kubernetesServices, service.namespace() + "/" + service.name())
            .flatMap(s -> s.spec().externalName())
            .ifPresent(name -> out.add(service, List.of(named(service, name))));
        return Optional.of(out.list());
      }
      SortedMap<String, Resource<EndpointSlice>> slices =
          reads.lookup(slicesByService, service.namespace() + "/" + service.name());
      for (Resource<EndpointSlice> slice : slices.values()) {
        KubernetesTranslator.members(service, slice, name -> reads.get(podWorkloads, name))
            .forEach(member -> out.add(member.port(), member.number(), member.workload()));
      }
      if (slices.isEmpty()) {
        out.add(service, selected(reads, podsByNamespace, service));
      }
    } else {
      reads
          .get(serviceEntries, service.namespace() + "/" + service.name())
          .filter(
              e ->
                  service.resolution() != Resolution.PASSTHROUGH
                      || !HostName.isWildcard(service.host()))
          .ifPresent(
              e -> out.add(service, ServiceEntryTranslator.inlineWorkloads(e, service.host())));
      out.add(service, selected(reads, podsByNamespace, service));
    }
    out.add(service, selected(reads, entriesByNamespace, service));
    return Optional.of(out.list());
  }

  private static Workload named(MeshService service, String address) {
    return new Workload(
        service.name(),
        service.namespace(),
        service.name(),
        address,
        Map.of(),
        Map.of(),
        io.flotilla.model.endpoint.Locality.NONE,
        1,
        "");
  }

  private static List<Workload> selected(
      Reads reads, Index<String, String, Workload> workloads, MeshService service) {
    if (service.selector().isEmpty()) {
      return List.of();
    }
    return reads.lookup(workloads, service.namespace()).values().stream()
        .filter(w -> w.labels().entrySet().containsAll(service.selector().entrySet()))
        .toList();
  }

  private MtlsPolicy mtls(Reads reads, String namespace, Map<String, String> labels) {
    return PeerAuthentications.of(
        reads.lookup(policiesByNamespace, mesh.rootNamespace()).values(),
        namespace.equals(mesh.rootNamespace())
            ? List.of()
            : reads.lookup(policiesByNamespace, namespace).values(),
        labels);
  }

  /** What guards a workload. */
  private AccessFilters access(Reads reads, ProxyNode node) {
    ProxyScope scope = ProxyScope.of(node);
    AuthorizationPolicies policies =
        new AuthorizationPolicies(
            reads.lookup(authorizationsByNamespace, mesh.rootNamespace()).values(),
            own(reads, authorizationsByNamespace, node),
            node.labels(),
            mesh.trustDomains(),
            mesh.authorizationProviders(),
            (host, port) -> cluster(reads, scope, host, port));
    RequestAuthentications tokens =
        new RequestAuthentications(
            reads.lookup(tokensByNamespace, mesh.rootNamespace()).values(),
            own(reads, tokensByNamespace, node),
            node.labels(),
            (host, port) -> cluster(reads, scope, host, port),
            scope.isGateway());
    List<HttpFilter> http = new ArrayList<>(policies.custom());
    tokens.filter().ifPresent(http::add);
    http.addAll(policies.http());
    return new AccessFilters(http, policies.tcp(), tokens.clusters());
  }

  private Optional<String> cluster(Reads reads, ProxyScope scope, String host, int port) {
    return reads
        .get(visible, new ScopedKey(scope.key(), host))
        .filter(service -> service.port(port).isPresent())
        .map(service -> ClusterName.outbound(port, "", host));
  }

  private <T> java.util.Collection<T> own(
      Reads reads, Index<String, String, T> byNamespace, ProxyNode node) {
    return node.namespace().equals(mesh.rootNamespace())
        ? List.of()
        : reads.lookup(byNamespace, node.namespace()).values();
  }

  private Optional<RoutingRule> rule(Reads reads, Resource<VirtualService> resource) {
    if (resource.spec().isDelegate()) {
      return Optional.empty();
    }
    List<HttpRoute> http = new ArrayList<>();
    for (HttpRoute route : resource.spec().http()) {
      if (route.delegate().isEmpty()) {
        http.add(route);
        continue;
      }
      String namespace = route.delegate().get().namespace().orElse(resource.metadata().namespace());
      reads
          .get(virtualServices, namespace + "/" + route.delegate().get().name().orElse(""))
          .filter(
              delegate ->
                  delegate.spec().isDelegate()
                      && Exports.visible(
                          Set.copyOf(delegate.spec().exportTo()),
                          namespace,
                          resource.metadata().namespace()))
          .ifPresent(delegate -> http.addAll(Delegates.merge(route, delegate.spec().http())));
    }
    return Optional.of(RoutingRule.of(resource, http, mesh.domain()));
  }

  private Map<String, RoutingRule> apiRules(
      Reads reads, Resource<io.flotilla.api.gateway.HttpRoute> route) {
    return new HttpRoutes(
            mesh.domain(),
            name -> reads.get(apiGateways, name),
            backend -> granted(reads, route.metadata().namespace(), backend))
        .rules(route);
  }

  private boolean granted(
      Reads reads, String namespace, io.flotilla.api.gateway.HttpRoute.BackendReference backend) {
    return reads.all(referenceGrants).values().stream()
        .filter(g -> g.metadata().namespace().equals(backend.namespace().orElse("")))
        .anyMatch(
            g ->
                g.spec().from().stream()
                        .anyMatch(
                            f -> f.kind().equals("HTTPRoute") && f.namespace().equals(namespace))
                    && g.spec().to().stream()
                        .anyMatch(
                            t ->
                                t.kind().equals("Service")
                                    && t.name().map(backend.name()::equals).orElse(true)));
  }

  private ProxyScope scope(Reads reads, ScopedKey key) {
    return reads
        .get(scopes, key.scope())
        .orElseThrow(() -> new IllegalStateException("no scope " + key.scope()));
  }

  /**
   * Of several declarations of a host, the own namespace's counts first, then Kubernetes'. An
   * ExternalName leads elsewhere by DNS alone where connections are intercepted.
   */
  private Map<ScopedKey, MeshService> visible(Reads reads, ProxyScope scope) {
    // Without interception nobody could reach them there.
    Map<ServiceKey, String> given =
        scope.resolves() && scope.intercepts()
            ? reads.get(allocated, ALL).orElse(Map.of())
            : Map.of();
    Map<ScopedKey, MeshService> out = new LinkedHashMap<>();
    reads
        .all(servicesByHost)
        .forEach(
            (host, declared) ->
                choose(declared.values(), scope.namespace())
                    .filter(service -> !(service.isAlias() && scope.intercepts()))
                    .map(service -> AllocatedAddresses.with(given, service))
                    .ifPresent(service -> out.put(new ScopedKey(scope.key(), host), service)));
    return out;
  }

  private NameTable names(Reads reads, ProxyScope scope) {
    NameTranslator out = new NameTranslator();
    visible(reads, scope)
        .values()
        .forEach(
            service -> {
              if (NameTranslator.isByEndpoints(service)) {
                out.add(
                    service,
                    reads.get(endpoints, service.key()).orElse(List.of()),
                    reads
                        .lookup(slicesByService, service.namespace() + "/" + service.name())
                        .values());
              } else {
                out.add(service);
              }
            });
    return out.table();
  }

  private static Optional<MeshService> choose(
      java.util.Collection<MeshService> declared, String namespace) {
    MeshService best = null;
    for (MeshService service : declared) {
      if (service.visibleTo(namespace)
          && (best == null
              || (service.namespace().equals(namespace) && !best.namespace().equals(namespace))
              || (service.kubernetes()
                  && !best.kubernetes()
                  && !best.namespace().equals(namespace)))) {
        best = service;
      }
    }
    return Optional.ofNullable(best);
  }

  private ScopedService scoped(Reads reads, ProxyScope scope, MeshService service) {
    Set<String> namespaces = new LinkedHashSet<>();
    namespaces.add(scope.namespace());
    namespaces.add(service.namespace());
    namespaces.add(mesh.rootNamespace());
    for (String namespace : namespaces) {
      for (String host : HostName.candidates(service.host())) {
        List<Resource<DestinationRule>> found =
            reads.lookup(destinationRulesByHost, host).values().stream()
                .filter(
                    rule ->
                        rule.metadata().namespace().equals(namespace)
                            && Exports.visible(
                                Set.copyOf(rule.spec().exportTo()), namespace, scope.namespace())
                            && rule.spec()
                                .workloadSelector()
                                .map(WorkloadSelector::matchLabels)
                                .map(
                                    labels ->
                                        namespace.equals(scope.namespace())
                                            && scope.selectedBy(labels))
                                .orElse(true))
                .toList();
        if (!found.isEmpty()) {
          return new ScopedService(service, DestinationPolicy.merge(found));
        }
      }
    }
    return new ScopedService(service, DestinationPolicy.NONE);
  }

  private List<ServiceEndpoint> endpoints(Reads reads, MeshService service, ServicePort port) {
    return reads.get(endpoints, service.key()).orElse(List.of()).stream()
        .filter(e -> e.servicePort() == port.number())
        .toList();
  }

  private List<Cluster> clusters(Reads reads, ProxyScope scope, ScopedService of) {
    ClusterTranslator translator = new ClusterTranslator(mesh, scope);
    MeshService service = of.service();
    DestinationPolicy policy = of.policy();
    String source = policy.source().isEmpty() ? service.source() : policy.source();
    List<Cluster> out = new ArrayList<>();
    for (ServicePort port : service.ports()) {
      if (port.protocol() == Protocol.UDP) {
        continue;
      }
      List<ServiceEndpoint> serving = endpoints(reads, service, port);
      out.add(
          translator.outbound(
              service, port, "", Map.of(), policy.of(port.number(), ""), serving, source));
      for (DestinationRule.Subset subset : policy.subsets().values()) {
        out.add(
            translator.outbound(
                service,
                port,
                subset.name(),
                subset.labels(),
                policy.of(port.number(), subset.name()),
                serving,
                source));
      }
    }
    return out;
  }

  private Map<ScopedKey, ClusterLoadAssignment> assignments(
      Reads reads, ProxyScope scope, ScopedService of) {
    Map<ScopedKey, ClusterLoadAssignment> out = new LinkedHashMap<>();
    for (ServicePort port : of.service().ports()) {
      if (port.protocol() == Protocol.UDP) {
        continue;
      }
      List<ServiceEndpoint> serving = endpoints(reads, of.service(), port);
      assign(out, scope, of, port, "", Map.of(), serving);
      for (DestinationRule.Subset subset : of.policy().subsets().values()) {
        assign(out, scope, of, port, subset.name(), subset.labels(), serving);
      }
    }
    return out;
  }

  /** Where a DestinationRule asks for other TLS than the mesh's, endpoints carry no tag of it. */
  private static void assign(
      Map<ScopedKey, ClusterLoadAssignment> out,
      ProxyScope scope,
      ScopedService of,
      ServicePort port,
      String subset,
      Map<String, String> labels,
      List<ServiceEndpoint> serving) {
    ClusterPolicy policy = of.policy().of(port.number(), subset);
    if (ClusterTranslator.resolution(scope, of.service(), policy) != Resolution.ENDPOINTS) {
      return;
    }
    boolean meshTls =
        policy.tls().map(tls -> tls.mode() == TlsOrigination.Mode.ISTIO_MUTUAL).orElse(true);
    String name = ClusterName.outbound(port.number(), subset, of.service().host());
    out.put(
        new ScopedKey(scope.key(), name),
        EndpointTranslator.assignment(
            name,
            meshTls ? serving : serving.stream().map(ServiceEndpoint::withoutMeshTls).toList(),
            labels,
            ClusterTranslator.tunnels(scope, of.service(), policy)));
  }

  private Map<String, Cluster> upstreams(Reads reads, ProxyScope scope) {
    Map<String, Cluster> out = new TreeMap<>();
    new ClusterTranslator(mesh, scope).fixed().forEach(c -> out.put(c.name(), c));
    reads
        .lookup(clustersByScope, scope.key())
        .values()
        .forEach(of -> of.forEach(cluster -> out.put(cluster.name(), cluster)));
    return out;
  }

  private RouteContext context(Reads reads, ProxyScope scope, int port) {
    return new RouteContext(
        mesh,
        scope,
        VirtualService.MESH,
        port,
        host -> reads.get(scoped, new ScopedKey(scope.key(), host)));
  }

  private List<RoutingRule> rulesFor(Reads reads, String host) {
    return HostName.candidates(host).stream()
        .flatMap(candidate -> reads.lookup(rulesByHost, candidate).values().stream())
        .distinct()
        .toList();
  }

  private Map<VirtualHostKey, VirtualHost> serviceHosts(
      Reads reads, ProxyScope scope, ScopedService of) {
    Map<VirtualHostKey, VirtualHost> out = new LinkedHashMap<>();
    if (scope.isGateway()) {
      return out;
    }
    Optional<RoutingRule> rule =
        VirtualHosts.choose(
            of.service().host(),
            rulesFor(reads, of.service().host()),
            VirtualService.MESH,
            scope.namespace());
    for (ServicePort port : of.service().ports()) {
      if (port.protocol().mayBeHttp()) {
        VirtualHost host =
            VirtualHosts.ofService(of, port, rule, context(reads, scope, port.number()));
        String name = OutboundTranslator.routesName(scope, of.service(), port);
        out.put(new VirtualHostKey(new ScopedKey(scope.key(), name), host.name()), host);
      }
    }
    return out;
  }

  /** Hosts that VirtualServices route though no service has them on port 80, as Istio does. */
  private Map<VirtualHostKey, VirtualHost> ruleHosts(Reads reads, ProxyScope scope) {
    Map<VirtualHostKey, VirtualHost> out = new LinkedHashMap<>();
    if (scope.isGateway()) {
      return out;
    }
    String name = scope.intercepts() ? "80" : OutboundTranslator.HTTP_PROXY_ROUTES;
    Set<String> hosts = new TreeSet<>();
    reads
        .lookup(rulesByGateway, VirtualService.MESH)
        .values()
        .forEach(
            rule -> {
              if (!rule.http().isEmpty() && rule.visibleTo(scope.namespace())) {
                hosts.addAll(rule.hosts());
              }
            });
    for (String host : hosts) {
      boolean served =
          reads
              .get(visible, new ScopedKey(scope.key(), host))
              .map(service -> !scope.intercepts() || service.port(80).isPresent())
              .orElse(false);
      if (host.equals("*") || served) {
        continue;
      }
      VirtualHosts.choose(host, rulesFor(reads, host), VirtualService.MESH, scope.namespace())
          .ifPresent(
              rule -> {
                VirtualHost made = VirtualHosts.ofRule(host, rule, onPort80(reads, scope));
                if (!made.routes().isEmpty()) {
                  out.put(new VirtualHostKey(new ScopedKey(scope.key(), name), made.name()), made);
                }
              });
    }
    return out;
  }

  /** A destination without a port is meant on port 80 here, whatever ports its service has. */
  private RouteContext onPort80(Reads reads, ProxyScope scope) {
    RouteContext all = context(reads, scope, 80);
    return new RouteContext(
        mesh,
        scope,
        all.gateway(),
        all.port(),
        host ->
            all.service(host).filter(s -> !scope.intercepts() || s.service().port(80).isPresent()));
  }

  private RouteConfiguration routes(
      ProxyScope scope, String name, SortedMap<VirtualHostKey, VirtualHost> hosts) {
    boolean alone = hosts.size() == 1 && hosts.values().iterator().next().domains().contains("*");
    return VirtualHosts.configuration(
        name,
        hosts.values(),
        alone ? Optional.empty() : Optional.of(OutboundTranslator.undeclared(mesh, scope)),
        scope.intercepts());
  }

  /** Kept apart from the listeners, so that a rule for HTTP leaves those alone. */
  private Optional<OutboundService> outboundService(
      Reads reads, ProxyScope scope, ScopedService of) {
    MeshService service = of.service();
    if (scope.isGateway()) {
      return Optional.empty();
    }
    Map<Integer, List<TcpRule>> tcp = new TreeMap<>();
    Set<String> instances = new TreeSet<>();
    for (ServicePort port : service.ports()) {
      if (port.protocol().isHttp() || port.protocol() == Protocol.UDP) {
        continue;
      }
      List<TcpRule> found = tcpRules(reads, scope, service, port);
      if (found.isEmpty() && of.policy().tunnel("").isPresent()) {
        found =
            List.of(
                new TcpRule(
                    List.of(),
                    List.of(),
                    new ClusterChoice.Single(
                        ClusterName.outbound(port.number(), "", service.host())),
                    of.policy().source()));
      }
      if (!found.isEmpty()) {
        tcp.put(port.number(), found.stream().map(r -> tunnelled(reads, scope, r)).toList());
      }
      if (service.headless()) {
        endpoints(reads, service, port).forEach(e -> instances.add(e.address()));
      }
    }
    return Optional.of(new OutboundService(service, tcp, List.copyOf(instances)));
  }

  /** By the HTTP proxy that the rules of the destination name; weighted ones have none. */
  private TcpRule tunnelled(Reads reads, ProxyScope scope, TcpRule rule) {
    if (!(rule.cluster() instanceof ClusterChoice.Single(String cluster))) {
      return rule;
    }
    String[] parts = cluster.split("\\|", -1);
    return parts.length != 4
        ? rule
        : rule.through(
            reads
                .get(scoped, new ScopedKey(scope.key(), parts[3]))
                .flatMap(of -> of.policy().tunnel(parts[2])));
  }

  private List<TcpRule> tcpRules(
      Reads reads, ProxyScope scope, MeshService service, ServicePort port) {
    Optional<RoutingRule> rule =
        VirtualHosts.choose(
            service.host(),
            rulesFor(reads, service.host()),
            VirtualService.MESH,
            scope.namespace());
    if (rule.isEmpty()) {
      return List.of();
    }
    TcpRouteTranslator translator = new TcpRouteTranslator(context(reads, scope, port.number()));
    List<TcpRule> byName =
        port.protocol().isTls() ? translator.tls(rule.get(), List.of(service.host())) : List.of();
    return byName.isEmpty() ? translator.tcp(rule.get()) : byName;
  }

  private Map<String, Listener> outbound(Reads reads, ProxyScope scope) {
    return new OutboundTranslator(mesh, scope)
        .listeners(List.copyOf(reads.lookup(outboundServicesByScope, scope.key()).values()));
  }

  /** The services whose endpoints are this proxy's addresses. */
  private Map<ServiceKey, List<ServiceEndpoint>> served(Reads reads, ProxyNode node) {
    Map<ServiceKey, List<ServiceEndpoint>> out = new TreeMap<>();
    for (String address : node.addresses()) {
      reads
          .lookup(endpointsByAddress, address)
          .forEach(
              (key, of) -> {
                List<ServiceEndpoint> here =
                    of.stream().filter(e -> e.address().equals(address)).toList();
                out.merge(
                    key,
                    here,
                    (a, b) -> {
                      List<ServiceEndpoint> both = new ArrayList<>(a);
                      both.addAll(b);
                      return both;
                    });
              });
    }
    return out;
  }

  private Part inbound(Reads reads, String id, ProxyNode node) {
    Map<Integer, InboundPort> ports = new TreeMap<>();
    reads
        .get(served, id)
        .orElse(Map.of())
        .forEach(
            (key, of) ->
                reads
                    .get(services, key)
                    .ifPresent(
                        service ->
                            of.forEach(
                                endpoint ->
                                    service
                                        .port(endpoint.servicePort())
                                        .ifPresent(
                                            port ->
                                                ports.merge(
                                                    endpoint.port(),
                                                    inboundPort(service, port, endpoint),
                                                    PilotGraph::together)))));
    AccessFilters access = access(reads, node);
    InboundTranslator translator = new InboundTranslator(mesh, node, access);
    Map<String, Cluster> clusters = new LinkedHashMap<>(access.clusters());
    List<InboundPort> all = List.copyOf(ports.values());
    clusters.putAll(translator.clusters(all));
    return new Part(
        translator.listeners(all, mtls(reads, node.namespace(), node.labels())),
        Map.of(),
        clusters,
        Map.of(),
        List.of());
  }

  private static InboundPort inboundPort(
      MeshService service, ServicePort port, ServiceEndpoint endpoint) {
    return new InboundPort(
        endpoint.port(),
        port.number(),
        port.protocol(),
        List.of(new ServiceRef(service.host(), service.name(), service.namespace())),
        service.source());
  }

  private static InboundPort together(InboundPort first, InboundPort second) {
    Set<ServiceRef> all = new LinkedHashSet<>(first.services());
    all.addAll(second.services());
    return new InboundPort(
        first.port(), first.servicePort(), first.protocol(), List.copyOf(all), first.source());
  }

  private List<GatewayServer> gatewayServers(Reads reads, String id, ProxyNode node) {
    Map<Integer, Integer> targets = new TreeMap<>();
    reads
        .get(served, id)
        .orElse(Map.of())
        .values()
        .forEach(of -> of.forEach(e -> targets.putIfAbsent(e.servicePort(), e.port())));
    ProxyScope scope = ProxyScope.of(node);
    List<Resource<Gateway>> mine =
        reads.all(gateways).values().stream()
            .filter(gateway -> GatewayServers.selects(gateway, scope))
            .sorted(Sources.OLDEST_FIRST)
            .toList();
    List<GatewayServer> out = new ArrayList<>();
    mine.forEach(gateway -> out.addAll(GatewayServers.of(gateway, node, targets)));
    reads.all(apiGateways).values().stream()
        .filter(gateway -> ApiGateways.selects(gateway, node))
        .sorted(Sources.OLDEST_FIRST)
        .forEach(gateway -> out.addAll(ApiGateways.servers(gateway, node, targets)));
    return out;
  }

  private Part edge(Reads reads, ProxyNode node, List<GatewayServer> servers) {
    ProxyScope scope = ProxyScope.of(node);
    GatewayRoutes translator =
        new GatewayRoutes(mesh, scope, host -> reads.get(scoped, new ScopedKey(scope.key(), host)));
    Set<RoutingRule> bound = new LinkedHashSet<>();
    Map<String, io.flotilla.model.tls.Secret> held = new LinkedHashMap<>();
    List<Problem> found = new ArrayList<>();
    for (GatewayServer server : servers) {
      bound.addAll(reads.lookup(rulesByGateway, server.gateway()).values());
      server
          .tls()
          .map(GatewayServer.ServerTls::credentialName)
          .filter(name -> !name.isEmpty())
          .ifPresent(
              name ->
                  reads
                      .get(
                          secrets,
                          node.namespace() + "/" + name.substring(name.lastIndexOf('/') + 1))
                      .ifPresentOrElse(
                          secret ->
                              GatewaySecrets.of(server.tls().get().secretName(), secret)
                                  .forEach(s -> held.put(s.name(), s)),
                          () ->
                              found.add(
                                  new Problem(
                                      "MissingSecret",
                                      server.source(),
                                      "the Secret '"
                                          + name
                                          + "' of server '"
                                          + server.portName()
                                          + "' is not in namespace "
                                          + node.namespace()
                                          + ", where the gateway runs; create it there"))));
    }
    Map<GatewayServer, List<TcpRule>> tcp = new LinkedHashMap<>();
    servers.stream()
        .filter(server -> !server.routesHttp())
        .forEach(
            server ->
                tcp.put(
                    server,
                    translator.rules(server, bound).stream()
                        .map(rule -> tunnelled(reads, scope, rule))
                        .toList()));
    AccessFilters access = access(reads, node);
    return new Part(
        new GatewayTranslator(mesh, scope, access).listeners(servers, tcp, found),
        translator.configurations(servers, bound),
        access.clusters(),
        held,
        found);
  }

  private ProxySnapshot snapshot(Reads reads, String id, ProxyNode node) {
    ProxyScope scope = ProxyScope.of(node);
    Part own = (scope.isGateway() ? reads.get(edge, id) : reads.get(inbound, id)).orElse(Part.NONE);
    Map<String, Listener> listeners = new TreeMap<>(own.listeners());
    reads
        .get(outbound, scope.key())
        .ifPresent(
            all ->
                all.forEach(
                    (name, listener) -> {
                      // A member of a headless service reaches itself as itself.
                      if (!scope.intercepts()
                          || !node.addresses().contains(listener.address().host())) {
                        listeners.putIfAbsent(name, listener);
                      }
                    }));
    Map<String, RouteConfiguration> used = new TreeMap<>(own.routes());
    for (String name : RouteNames.of(listeners.values())) {
      if (!used.containsKey(name)) {
        used.put(
            name,
            reads
                .get(routes, new ScopedKey(scope.key(), name))
                .orElseGet(() -> routes(scope, name, new TreeMap<>())));
      }
    }
    Map<String, Cluster> all = new TreeMap<>(reads.get(upstreams, scope.key()).orElse(Map.of()));
    all.putAll(own.clusters());
    Map<String, ClusterLoadAssignment> assigned =
        reads.get(upstreamEndpoints, scope.key()).orElse(Map.of());
    return new ProxySnapshot(
        0,
        listeners,
        used,
        all,
        assigned,
        scope.isGateway() ? withCredentials(reads, node, own.secrets(), all) : own.secrets(),
        reads.get(names, scope.key()));
  }

  /** Also what clusters need: the credentials of DestinationRules. */
  private Map<String, io.flotilla.model.tls.Secret> withCredentials(
      Reads reads,
      ProxyNode node,
      Map<String, io.flotilla.model.tls.Secret> held,
      Map<String, Cluster> clusters) {
    Map<String, io.flotilla.model.tls.Secret> all = new LinkedHashMap<>(held);
    for (String name : GatewaySecrets.credentials(clusters.values())) {
      reads
          .get(secrets, node.namespace() + "/" + name)
          .ifPresent(
              secret ->
                  GatewaySecrets.of(GatewaySecrets.KIND + name, secret)
                      .forEach(s -> all.putIfAbsent(s.name(), s)));
    }
    return all;
  }

  private Optional<ScopedService> declared(Reads reads, String host, RoutingRule rule) {
    return choose(reads.lookup(servicesByHost, host).values(), rule.namespace())
        .map(
            service ->
                scoped(
                    reads,
                    new ProxyScope(ProxyNode.Type.SIDECAR, rule.namespace(), "", Map.of()),
                    service));
  }
}
