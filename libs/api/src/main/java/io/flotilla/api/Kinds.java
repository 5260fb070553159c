// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api;

import io.flotilla.api.gateway.GatewayClass;
import io.flotilla.api.gateway.HttpRoute;
import io.flotilla.api.gateway.ReferenceGrant;
import io.flotilla.api.kubernetes.EndpointSlice;
import io.flotilla.api.kubernetes.Namespace;
import io.flotilla.api.kubernetes.Pod;
import io.flotilla.api.kubernetes.Secret;
import io.flotilla.api.kubernetes.Service;
import io.flotilla.api.kubernetes.ServiceAccount;
import io.flotilla.api.networking.DestinationRule;
import io.flotilla.api.networking.Gateway;
import io.flotilla.api.networking.ServiceEntry;
import io.flotilla.api.networking.VirtualService;
import io.flotilla.api.networking.WorkloadEntry;
import io.flotilla.api.security.AuthorizationPolicy;
import io.flotilla.api.security.PeerAuthentication;
import io.flotilla.api.security.RequestAuthentication;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * All kinds that the mesh understands, and the names of those that it knows but does not act on.
 */
public final class Kinds {
  private static final String NETWORKING = "networking.istio.io";
  private static final String SECURITY = "security.istio.io";
  private static final String GATEWAY_API = "gateway.networking.k8s.io";
  private static final List<String> NETWORKING_VERSIONS = List.of("v1", "v1beta1", "v1alpha3");

  public static final Kind<VirtualService> VIRTUAL_SERVICE =
      networking("VirtualService", "virtualservices", VirtualService.class, false);
  public static final Kind<DestinationRule> DESTINATION_RULE =
      networking("DestinationRule", "destinationrules", DestinationRule.class, false);
  public static final Kind<Gateway> GATEWAY =
      networking("Gateway", "gateways", Gateway.class, false);
  public static final Kind<ServiceEntry> SERVICE_ENTRY =
      networking("ServiceEntry", "serviceentries", ServiceEntry.class, true);
  public static final Kind<WorkloadEntry> WORKLOAD_ENTRY =
      networking("WorkloadEntry", "workloadentries", WorkloadEntry.class, true);
  public static final Kind<PeerAuthentication> PEER_AUTHENTICATION =
      security("PeerAuthentication", "peerauthentications", PeerAuthentication.class);
  public static final Kind<AuthorizationPolicy> AUTHORIZATION_POLICY =
      security("AuthorizationPolicy", "authorizationpolicies", AuthorizationPolicy.class);
  public static final Kind<RequestAuthentication> REQUEST_AUTHENTICATION =
      security("RequestAuthentication", "requestauthentications", RequestAuthentication.class);

  public static final Kind<Service> SERVICE =
      new Kind<>("", List.of("v1"), "Service", "services", true, Service.class, true, true);
  public static final Kind<EndpointSlice> ENDPOINT_SLICE =
      new Kind<>(
          "discovery.k8s.io",
          List.of("v1"),
          "EndpointSlice",
          "endpointslices",
          true,
          EndpointSlice.class,
          false,
          false);
  public static final Kind<Pod> POD =
      new Kind<>("", List.of("v1"), "Pod", "pods", true, Pod.class, false, false);
  public static final Kind<Namespace> NAMESPACE =
      new Kind<>(
          "", List.of("v1"), "Namespace", "namespaces", false, Namespace.class, false, false);
  public static final Kind<ServiceAccount> SERVICE_ACCOUNT =
      new Kind<>(
          "",
          List.of("v1"),
          "ServiceAccount",
          "serviceaccounts",
          true,
          ServiceAccount.class,
          false,
          false);
  public static final Kind<Secret> SECRET =
      new Kind<>("", List.of("v1"), "Secret", "secrets", true, Secret.class, false, false);

  public static final Kind<GatewayClass> GATEWAY_CLASS =
      new Kind<>(
          GATEWAY_API,
          List.of("v1", "v1beta1"),
          "GatewayClass",
          "gatewayclasses",
          false,
          GatewayClass.class,
          true,
          true);
  public static final Kind<io.flotilla.api.gateway.Gateway> KUBERNETES_GATEWAY =
      new Kind<>(
          GATEWAY_API,
          List.of("v1", "v1beta1"),
          "Gateway",
          "gateways",
          true,
          io.flotilla.api.gateway.Gateway.class,
          true,
          true);
  public static final Kind<HttpRoute> HTTP_ROUTE =
      new Kind<>(
          GATEWAY_API,
          List.of("v1", "v1beta1"),
          "HTTPRoute",
          "httproutes",
          true,
          HttpRoute.class,
          true,
          true);
  public static final Kind<ReferenceGrant> REFERENCE_GRANT =
      new Kind<>(
          GATEWAY_API,
          List.of("v1", "v1beta1"),
          "ReferenceGrant",
          "referencegrants",
          true,
          ReferenceGrant.class,
          true,
          true);

  private static final List<Kind<?>> ALL =
      List.of(
          VIRTUAL_SERVICE,
          DESTINATION_RULE,
          GATEWAY,
          SERVICE_ENTRY,
          WORKLOAD_ENTRY,
          PEER_AUTHENTICATION,
          AUTHORIZATION_POLICY,
          REQUEST_AUTHENTICATION,
          SERVICE,
          ENDPOINT_SLICE,
          POD,
          NAMESPACE,
          SERVICE_ACCOUNT,
          SECRET,
          GATEWAY_CLASS,
          KUBERNETES_GATEWAY,
          HTTP_ROUTE,
          REFERENCE_GRANT);

  /** Kinds of the groups above that people may have, on which the mesh does not act. */
  private static final Map<String, List<String>> IDLE =
      Map.of(
          NETWORKING,
          List.of("EnvoyFilter", "Sidecar", "ProxyConfig", "WorkloadGroup"),
          "telemetry.istio.io",
          List.of("Telemetry"),
          "extensions.istio.io",
          List.of("WasmPlugin", "TrafficExtension"),
          GATEWAY_API,
          List.of(
              "GRPCRoute",
              "TLSRoute",
              "TCPRoute",
              "UDPRoute",
              "BackendTLSPolicy",
              "ListenerSet",
              "XListenerSet",
              "XBackendTrafficPolicy",
              "XMesh"));

  private static final Map<String, Kind<?>> BY_NAME =
      ALL.stream()
          .collect(Collectors.toMap(kind -> kind.group() + "/" + kind.kind(), Function.identity()));
  private static final Map<String, Kind<?>> BY_TYPE_URL =
      ALL.stream().collect(Collectors.toMap(Kind::typeUrl, Function.identity()));

  private Kinds() {}

  /** All of them. */
  public static List<Kind<?>> all() {
    return ALL;
  }

  /** Those of Istio's own whose CRDs are written from the records. */
  public static List<Kind<?>> custom() {
    return ALL.stream().filter(kind -> kind.group().endsWith(".istio.io")).toList();
  }

  /** By group (empty: the core) and kind, whatever the version. */
  public static Optional<Kind<?>> find(String group, String kind) {
    return Optional.ofNullable(BY_NAME.get(group + "/" + kind));
  }

  /** By {@link Kind#typeUrl}. */
  public static Optional<Kind<?>> byTypeUrl(String typeUrl) {
    return Optional.ofNullable(BY_TYPE_URL.get(typeUrl));
  }

  /** Whether the mesh knows the kind, but does not act on it. */
  public static boolean isIdle(String group, String kind) {
    return IDLE.getOrDefault(group, List.of()).contains(kind);
  }

  /** Whether the group is the mesh's: there an unknown kind is a mistake. */
  public static boolean isMeshGroup(String group) {
    return IDLE.containsKey(group) || group.equals(SECURITY);
  }

  /** The kinds of a group, also those on which the mesh does not act. */
  public static List<String> of(String group) {
    List<String> names =
        ALL.stream()
            .filter(kind -> kind.group().equals(group))
            .map(Kind::kind)
            .collect(Collectors.toCollection(ArrayList::new));
    names.addAll(IDLE.getOrDefault(group, List.of()));
    return names;
  }

  private static <S> Kind<S> security(String kind, String plural, Class<S> type) {
    return new Kind<>(SECURITY, List.of("v1", "v1beta1"), kind, plural, true, type, true, false);
  }

  private static <S> Kind<S> networking(
      String kind, String plural, Class<S> type, boolean specRequired) {
    return new Kind<>(
        NETWORKING, NETWORKING_VERSIONS, kind, plural, true, type, true, specRequired);
  }
}
