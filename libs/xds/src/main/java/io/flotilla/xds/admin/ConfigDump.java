// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.admin;

import com.google.protobuf.Any;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import io.envoyproxy.envoy.admin.v3.BootstrapConfigDump;
import io.envoyproxy.envoy.admin.v3.ClientResourceStatus;
import io.envoyproxy.envoy.admin.v3.ClustersConfigDump;
import io.envoyproxy.envoy.admin.v3.ClustersConfigDump.DynamicCluster;
import io.envoyproxy.envoy.admin.v3.EndpointsConfigDump;
import io.envoyproxy.envoy.admin.v3.EndpointsConfigDump.DynamicEndpointConfig;
import io.envoyproxy.envoy.admin.v3.ListenersConfigDump;
import io.envoyproxy.envoy.admin.v3.ListenersConfigDump.DynamicListener;
import io.envoyproxy.envoy.admin.v3.ListenersConfigDump.DynamicListenerState;
import io.envoyproxy.envoy.admin.v3.RoutesConfigDump;
import io.envoyproxy.envoy.admin.v3.RoutesConfigDump.DynamicRouteConfig;
import io.envoyproxy.envoy.admin.v3.RoutesConfigDump.StaticRouteConfig;
import io.envoyproxy.envoy.admin.v3.SecretsConfigDump;
import io.envoyproxy.envoy.admin.v3.SecretsConfigDump.DynamicSecret;
import io.envoyproxy.envoy.admin.v3.UpdateFailureState;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.flotilla.model.tls.Secret;
import io.flotilla.xds.TypeUrl;
import io.flotilla.xds.client.ProxyDiscovery.Accepted;
import io.flotilla.xds.client.ProxyDiscovery.Refused;
import io.flotilla.xds.codec.EnvoyEncoder;
import io.flotilla.xds.codec.internal.TlsCodec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The page /config_dump (envoy.admin.v3.ConfigDump): the resources in force as the control plane
 * sent them, with their versions, what was refused last and why, the inline routes of listeners,
 * the secrets in use without their keys, and the bootstrap that describes how the proxy found its
 * control plane.
 *
 * @param accepted type URL to name to the resource in force
 * @param rejected type URL to name to what was refused last
 * @param secrets those in use, by name; also the workload's own, which come from no control plane
 */
public record ConfigDump(
    Bootstrap bootstrap,
    Instant started,
    Map<String, Map<String, Accepted>> accepted,
    Map<String, Map<String, Refused>> rejected,
    Map<String, Secret> secrets) {

  /**
   * What of it is wanted, as the page's query says.
   *
   * @param resource only the elements of this list, "dynamic_active_clusters"
   * @param mask only these fields, "version_info,cluster.name"
   * @param name only resources whose name passes
   * @param endpoints whether endpoints are shown
   */
  public record Query(
      Optional<String> resource,
      Optional<String> mask,
      Predicate<String> name,
      boolean endpoints) {}

  /** There is no such list; the message says so as Envoy does. */
  public static final class UnknownResourceException extends Exception {
    private static final long serialVersionUID = 1;

    UnknownResourceException(String resource) {
      super(resource + " not found in config dump");
    }
  }

  /**
   * The JSON text.
   *
   * @throws UnknownResourceException when no section has the list that is asked for
   * @throws IllegalArgumentException when the mask names a field that does not exist
   */
  public String json(Query query) throws UnknownResourceException {
    List<Message> sections = new ArrayList<>();
    sections.add(
        BootstrapConfigDump.newBuilder()
            .setBootstrap(bootstrap)
            .setLastUpdated(time(started))
            .build());
    sections.add(clusters(query));
    if (query.endpoints() || query.resource().filter(r -> r.contains("endpoint")).isPresent()) {
      sections.add(endpoints(query));
    }
    sections.add(listeners(query));
    sections.add(routes(query));
    sections.add(secrets(query));
    List<Message> shown =
        query.resource().isPresent() ? elements(sections, query.resource().get()) : sections;
    var dump = io.envoyproxy.envoy.admin.v3.ConfigDump.newBuilder();
    Optional<FieldPaths> mask = query.mask().map(FieldPaths::parse);
    for (Message each : shown) {
      Message clean = Redaction.of(each);
      dump.addConfigs(Any.pack(mask.isPresent() ? mask.get().of(clean) : clean));
    }
    return ProtoJson.print(dump);
  }

  private static List<Message> elements(List<Message> sections, String resource)
      throws UnknownResourceException {
    for (Message section : sections) {
      FieldDescriptor field = section.getDescriptorForType().findFieldByName(resource);
      if (field != null && field.isRepeated()) {
        List<Message> all = new ArrayList<>();
        ((List<?>) section.getField(field)).forEach(e -> all.add((Message) e));
        return all;
      }
      if (field != null && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
        return List.of((Message) section.getField(field));
      }
    }
    throw new UnknownResourceException(resource);
  }

  private List<Accepted> inForce(String type, Query query) {
    return accepted.getOrDefault(type, Map.of()).values().stream()
        .filter(a -> query.name().test(a.resource().name()))
        .toList();
  }

  private Optional<UpdateFailureState> failure(String type, String name) {
    return Optional.ofNullable(rejected.getOrDefault(type, Map.of()).get(name))
        .map(
            r ->
                UpdateFailureState.newBuilder()
                    .setFailedConfiguration(r.resource().body())
                    .setLastUpdateAttempt(time(r.when()))
                    .setDetails(r.reason())
                    .setVersionInfo(r.resource().version())
                    .build());
  }

  /** Those of which no version is in force. */
  private List<Refused> neverTaken(String type, Query query) {
    Set<String> names = accepted.getOrDefault(type, Map.of()).keySet();
    return rejected.getOrDefault(type, Map.of()).values().stream()
        .filter(r -> query.name().test(r.resource().name()))
        .filter(r -> !names.contains(r.resource().name()))
        .toList();
  }

  private ClustersConfigDump clusters(Query query) {
    ClustersConfigDump.Builder all = ClustersConfigDump.newBuilder();
    for (Accepted each : inForce(TypeUrl.CLUSTER, query)) {
      DynamicCluster.Builder cluster =
          DynamicCluster.newBuilder()
              .setVersionInfo(each.resource().version())
              .setCluster(each.resource().body())
              .setLastUpdated(time(each.since()));
      failure(TypeUrl.CLUSTER, each.resource().name()).ifPresent(cluster::setErrorState);
      all.addDynamicActiveClusters(cluster);
    }
    for (Refused each : neverTaken(TypeUrl.CLUSTER, query)) {
      all.addDynamicWarmingClusters(
          DynamicCluster.newBuilder()
              .setClientStatus(ClientResourceStatus.NACKED)
              .setErrorState(failure(TypeUrl.CLUSTER, each.resource().name()).orElseThrow()));
    }
    return all.build();
  }

  private EndpointsConfigDump endpoints(Query query) {
    EndpointsConfigDump.Builder all = EndpointsConfigDump.newBuilder();
    for (Accepted each : inForce(TypeUrl.ENDPOINTS, query)) {
      DynamicEndpointConfig.Builder endpoints =
          DynamicEndpointConfig.newBuilder()
              .setVersionInfo(each.resource().version())
              .setEndpointConfig(each.resource().body())
              .setLastUpdated(time(each.since()));
      failure(TypeUrl.ENDPOINTS, each.resource().name()).ifPresent(endpoints::setErrorState);
      all.addDynamicEndpointConfigs(endpoints);
    }
    return all.build();
  }

  private ListenersConfigDump listeners(Query query) {
    ListenersConfigDump.Builder all = ListenersConfigDump.newBuilder();
    for (Accepted each : inForce(TypeUrl.LISTENER, query)) {
      DynamicListener.Builder listener =
          DynamicListener.newBuilder()
              .setName(each.resource().name())
              .setActiveState(
                  DynamicListenerState.newBuilder()
                      .setVersionInfo(each.resource().version())
                      .setListener(each.resource().body())
                      .setLastUpdated(time(each.since())));
      failure(TypeUrl.LISTENER, each.resource().name()).ifPresent(listener::setErrorState);
      all.addDynamicListeners(listener);
    }
    for (Refused each : neverTaken(TypeUrl.LISTENER, query)) {
      all.addDynamicListeners(
          DynamicListener.newBuilder()
              .setName(each.resource().name())
              .setClientStatus(ClientResourceStatus.NACKED)
              .setErrorState(failure(TypeUrl.LISTENER, each.resource().name()).orElseThrow()));
    }
    return all.build();
  }

  private RoutesConfigDump routes(Query query) {
    RoutesConfigDump.Builder all = RoutesConfigDump.newBuilder();
    for (Accepted each : accepted.getOrDefault(TypeUrl.LISTENER, Map.of()).values()) {
      for (HttpConnectionManager manager : managers(each.resource().body())) {
        if (manager.hasRouteConfig() && query.name().test(manager.getRouteConfig().getName())) {
          all.addStaticRouteConfigs(
              StaticRouteConfig.newBuilder()
                  .setRouteConfig(Any.pack(manager.getRouteConfig()))
                  .setLastUpdated(time(each.since())));
        }
      }
    }
    for (Accepted each : inForce(TypeUrl.ROUTES, query)) {
      DynamicRouteConfig.Builder routes =
          DynamicRouteConfig.newBuilder()
              .setVersionInfo(each.resource().version())
              .setRouteConfig(each.resource().body())
              .setLastUpdated(time(each.since()));
      failure(TypeUrl.ROUTES, each.resource().name()).ifPresent(routes::setErrorState);
      all.addDynamicRouteConfigs(routes);
    }
    return all.build();
  }

  private static List<HttpConnectionManager> managers(Any body) {
    List<HttpConnectionManager> all = new ArrayList<>();
    try {
      Listener listener = body.unpack(Listener.class);
      List<FilterChain> chains = new ArrayList<>(listener.getFilterChainsList());
      if (listener.hasDefaultFilterChain()) {
        chains.add(listener.getDefaultFilterChain());
      }
      for (FilterChain chain : chains) {
        for (Filter filter : chain.getFiltersList()) {
          if (filter.getTypedConfig().is(HttpConnectionManager.class)) {
            all.add(filter.getTypedConfig().unpack(HttpConnectionManager.class));
          }
        }
      }
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a listener in force is malformed", e);
    }
    return all;
  }

  private SecretsConfigDump secrets(Query query) {
    SecretsConfigDump.Builder all = SecretsConfigDump.newBuilder();
    Map<String, Accepted> sent = accepted.getOrDefault(TypeUrl.SECRET, Map.of());
    Set<String> names = new LinkedHashSet<>(secrets.keySet());
    names.addAll(sent.keySet());
    for (String name : names) {
      Secret used = secrets.get(name);
      Accepted origin = sent.get(name);
      if (!query.name().test(name) || used == null) {
        continue;
      }
      var secret = TlsCodec.secret(used);
      all.addDynamicActiveSecrets(
          DynamicSecret.newBuilder()
              .setName(name)
              .setVersionInfo(
                  origin == null
                      ? EnvoyEncoder.versioned(name, Redaction.of(secret)).version()
                      : origin.resource().version())
              .setLastUpdated(time(origin == null ? started : origin.since()))
              .setSecret(Any.pack(secret)));
    }
    for (Refused each : neverTaken(TypeUrl.SECRET, query)) {
      // What was refused is not shown: nothing tells which of its bytes are a key.
      all.addDynamicWarmingSecrets(
          DynamicSecret.newBuilder()
              .setName(each.resource().name())
              .setClientStatus(ClientResourceStatus.NACKED)
              .setErrorState(
                  UpdateFailureState.newBuilder()
                      .setLastUpdateAttempt(time(each.when()))
                      .setDetails(each.reason())
                      .setVersionInfo(each.resource().version())));
    }
    return all.build();
  }

  private static Timestamp time(Instant at) {
    // Milliseconds, as Envoy tells them.
    return Timestamp.newBuilder()
        .setSeconds(at.getEpochSecond())
        .setNanos(at.getNano() / 1_000_000 * 1_000_000)
        .build();
  }
}
