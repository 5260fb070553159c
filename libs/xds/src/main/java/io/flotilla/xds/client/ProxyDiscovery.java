// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.client;

import com.google.protobuf.Any;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.Discovery;
import io.flotilla.model.cluster.TransportMatch;
import io.flotilla.model.dns.NameTable;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.node.ProxyNode;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.snapshot.ProxySnapshot;
import io.flotilla.model.tls.CertificateRef;
import io.flotilla.model.tls.Secret;
import io.flotilla.model.tls.TlsContext;
import io.flotilla.model.tls.TrustRef;
import io.flotilla.xds.TypeUrl;
import io.flotilla.xds.codec.EnvoyDecoder;
import io.flotilla.xds.codec.ResourceError;
import io.flotilla.xds.codec.internal.TlsCodec;
import io.grpc.ManagedChannel;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a proxy's configuration current: subscribes to all clusters and listeners and to what they
 * refer to, decodes, and hands out a snapshot whenever it is whole: every route table and every
 * cluster's endpoints that are referred to have come, or are known not to exist. A resource that is
 * refused is named to the server, and its last good version stays. A node with DNS_CAPTURE also
 * asks for the table of names, which nothing else waits for.
 */
public final class ProxyDiscovery implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(ProxyDiscovery.class.getName());

  private static final Duration PATIENCE = Duration.ofSeconds(15);
  private static final Duration SAVE_AFTER = Duration.ofSeconds(1);

  private final RawAdsClient client;
  private final Consumer<ProxySnapshot> consumer;
  private final @Nullable SnapshotFile file;
  // Written on the client's thread; the admin API reads them on its own.
  private final Map<String, Map<String, Accepted>> raw = new ConcurrentHashMap<>();
  private final Map<String, Map<String, Refused>> rejected = new ConcurrentSkipListMap<>();
  private final Map<String, Listener> listeners = new LinkedHashMap<>();
  private final Map<String, Cluster> clusters = new LinkedHashMap<>();
  private final Map<String, RouteConfiguration> routes = new LinkedHashMap<>();
  private final Map<String, ClusterLoadAssignment> endpoints = new LinkedHashMap<>();
  private final Map<String, Secret> secrets = new LinkedHashMap<>();
  private final boolean asksForNames;
  private final Map<String, Set<String>> missing = new LinkedHashMap<>();
  private @Nullable NameTable names;
  private boolean haveClusters;
  private boolean haveListeners;
  private boolean waiting;
  private boolean saving;
  private long impatience;
  private long revision;
  private volatile boolean connected;

  /** A resource in force, as it came, and when. */
  public record Accepted(RawAdsClient.Received resource, Instant since) {}

  /** A resource that was refused, when and why. */
  public record Refused(RawAdsClient.Received resource, Instant when, String reason) {}

  /**
   * @param file where the last good resources are kept; null: nowhere
   * @param consumer gets snapshots, on the client's thread
   */
  public ProxyDiscovery(
      Supplier<ManagedChannel> channels,
      ProxyNode node,
      @Nullable SnapshotFile file,
      Consumer<ProxySnapshot> consumer) {
    this.consumer = consumer;
    this.file = file;
    this.asksForNames = node.text("DNS_CAPTURE").map("true"::equals).orElse(false);
    this.client = new RawAdsClient(channels, node, new Incoming());
  }

  /** Hands out what the file holds, if it holds a whole configuration, and connects. */
  public void start() {
    restore();
    client.subscribeAll(wildcards());
    client.start();
  }

  private List<String> wildcards() {
    return asksForNames
        ? List.of(TypeUrl.CLUSTER, TypeUrl.LISTENER, TypeUrl.NAME_TABLE)
        : List.of(TypeUrl.CLUSTER, TypeUrl.LISTENER);
  }

  /** Whether the stream is up now. */
  public boolean isConnected() {
    return connected;
  }

  /** Resources that were refused, and why. */
  public List<String> problems() {
    return rejected.values().stream()
        .flatMap(resources -> resources.values().stream())
        .map(Refused::reason)
        .toList();
  }

  /** What is in force: type URL to name to the resource as it came. A view that moves on. */
  public Map<String, Map<String, Accepted>> accepted() {
    return Collections.unmodifiableMap(raw);
  }

  /** What was refused and not replaced since: type URL to name. A view that moves on. */
  public Map<String, Map<String, Refused>> rejected() {
    return Collections.unmodifiableMap(rejected);
  }

  @Override
  public void close() {
    client.close();
  }

  private void restore() {
    if (file == null) {
      return;
    }
    try {
      Map<String, Map<String, RawAdsClient.Received>> saved = file.read();
      List<String> order = new ArrayList<>(TypeUrl.PUSH_ORDER);
      if (asksForNames) {
        order.add(TypeUrl.NAME_TABLE);
      }
      for (String type : order) {
        Map<String, RawAdsClient.Received> resources = saved.get(type);
        if (resources != null) {
          resources.values().forEach(r -> decode(type, r));
        }
      }
      for (String type : wildcards()) {
        client.resume(
            type,
            raw.getOrDefault(type, Map.of()).values().stream()
                .map(Accepted::resource)
                .collect(
                    Collectors.toMap(RawAdsClient.Received::name, RawAdsClient.Received::version)));
      }
      if (!clusters.isEmpty() || !listeners.isEmpty()) {
        consumer.accept(snapshot());
      }
    } catch (IOException e) {
      LOG.log(
          System.Logger.Level.WARNING, "the saved configuration is not used: {0}", e.getMessage());
    }
  }

  private ProxySnapshot snapshot() {
    return new ProxySnapshot(
        revision, listeners, routes, clusters, endpoints, secrets, Optional.ofNullable(names));
  }

  private @Nullable String decode(String type, RawAdsClient.Received received) {
    String name = received.name();
    Any body = received.body();
    try {
      switch (type) {
        case TypeUrl.CLUSTER -> clusters.put(name, EnvoyDecoder.cluster(name, body));
        case TypeUrl.LISTENER -> listeners.put(name, EnvoyDecoder.listener(name, body));
        case TypeUrl.ROUTES -> routes.put(name, EnvoyDecoder.routes(name, body));
        case TypeUrl.ENDPOINTS -> endpoints.put(name, EnvoyDecoder.endpoints(name, body));
        case TypeUrl.SECRET -> secrets.put(name, EnvoyDecoder.secret(name, body));
        case TypeUrl.NAME_TABLE -> names = EnvoyDecoder.names(name, body);
        default -> {
          return null;
        }
      }
      rejected.getOrDefault(type, new HashMap<>()).remove(name);
      raw.computeIfAbsent(type, t -> new ConcurrentSkipListMap<>())
          .put(name, new Accepted(received, Instant.now()));
      return null;
    } catch (ResourceError e) {
      String reason = String.valueOf(e.getMessage());
      rejected
          .computeIfAbsent(type, t -> new ConcurrentSkipListMap<>())
          .put(name, new Refused(received, Instant.now(), reason));
      return reason;
    }
  }

  private void remove(String type, String name) {
    switch (type) {
      case TypeUrl.CLUSTER -> clusters.remove(name);
      case TypeUrl.LISTENER -> listeners.remove(name);
      case TypeUrl.ROUTES -> routes.remove(name);
      case TypeUrl.ENDPOINTS -> endpoints.remove(name);
      case TypeUrl.SECRET -> secrets.remove(name);
      case TypeUrl.NAME_TABLE -> names = NameTable.EMPTY;
      default -> {}
    }
    rejected.getOrDefault(type, new HashMap<>()).remove(name);
    raw.getOrDefault(type, new HashMap<>()).remove(name);
  }

  private final class Incoming implements RawAdsClient.Handler {
    @Override
    public Map<String, String> received(
        String type,
        Map<String, RawAdsClient.Received> changed,
        List<String> removed,
        long itsRevision) {
      Map<String, String> refusals = new LinkedHashMap<>();
      Set<String> absent = missing.computeIfAbsent(type, t -> new LinkedHashSet<>());
      for (RawAdsClient.Received each : changed.values()) {
        absent.remove(each.name());
        String reason = decode(type, each);
        if (reason != null) {
          refusals.put(each.name(), reason);
        }
      }
      for (String name : removed) {
        absent.add(name);
        remove(type, name);
      }
      if (type.equals(TypeUrl.NAME_TABLE) && names == null) {
        // An answer without a table: there is nothing to know.
        names = NameTable.EMPTY;
      }
      haveClusters |= type.equals(TypeUrl.CLUSTER);
      haveListeners |= type.equals(TypeUrl.LISTENER);
      revision = Math.max(revision, itsRevision);
      subscribeToReferences();
      publish();
      return refusals;
    }

    @Override
    public void connected() {
      connected = true;
    }

    @Override
    public void disconnected(String reason) {
      if (connected) {
        LOG.log(System.Logger.Level.WARNING, "the control plane is away: {0}", reason);
      }
      connected = false;
    }
  }

  private void publish() {
    if (!haveClusters || !haveListeners) {
      return;
    }
    if (isWhole()) {
      impatience++;
      waiting = false;
    } else if (!waiting) {
      waiting = true;
      long mine = ++impatience;
      client.later(() -> giveUpWaiting(mine), PATIENCE);
      return;
    } else {
      return;
    }
    deliver();
  }

  // As Envoy's initial_fetch_timeout: a server that never answers for one resource must not keep
  // all others back.
  private void giveUpWaiting(long which) {
    if (which != impatience) {
      return;
    }
    impatience++;
    waiting = false;
    lateNames(TypeUrl.ENDPOINTS, wantedEndpoints(), endpoints.keySet());
    lateNames(TypeUrl.ROUTES, wantedRoutes(), routes.keySet());
    lateNames(TypeUrl.SECRET, wantedSecrets(), secrets.keySet());
    deliver();
  }

  private void lateNames(String type, Set<String> wanted, Set<String> have) {
    Set<String> late = new LinkedHashSet<>(wanted);
    late.removeAll(have);
    Set<String> absent = missing.computeIfAbsent(type, t -> new LinkedHashSet<>());
    late.removeAll(absent);
    if (!late.isEmpty()) {
      LOG.log(
          System.Logger.Level.WARNING,
          "the control plane does not answer for {0}; going on without",
          late);
      absent.addAll(late);
    }
  }

  private void deliver() {
    consumer.accept(snapshot());
    if (file != null && !saving) {
      // Many changes in a row are one write.
      saving = true;
      client.later(this::save, SAVE_AFTER);
    }
  }

  private void save() {
    saving = false;
    if (file == null) {
      return;
    }
    try {
      Map<String, Map<String, RawAdsClient.Received>> types = new LinkedHashMap<>();
      raw.forEach(
          (type, resources) -> {
            Map<String, RawAdsClient.Received> all = new LinkedHashMap<>();
            resources.forEach((name, accepted) -> all.put(name, accepted.resource()));
            types.put(type, all);
          });
      file.write(types);
    } catch (IOException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "the configuration cannot be saved for a restart: {0}",
          e.getMessage());
    }
  }

  private void subscribeToReferences() {
    want(TypeUrl.ENDPOINTS, wantedEndpoints(), endpoints);
    want(TypeUrl.ROUTES, wantedRoutes(), routes);
    want(TypeUrl.SECRET, wantedSecrets(), secrets);
  }

  private void want(String type, Set<String> names, Map<String, ?> have) {
    client.subscribe(type, names);
    // What nothing refers to any longer is not kept current by the server.
    have.keySet().retainAll(names);
    raw.getOrDefault(type, new HashMap<>()).keySet().retainAll(names);
    rejected.getOrDefault(type, new HashMap<>()).keySet().retainAll(names);
    missing.getOrDefault(type, new LinkedHashSet<>()).retainAll(names);
  }

  private boolean isWhole() {
    return haveClusters
        && haveListeners
        && known(TypeUrl.ENDPOINTS, wantedEndpoints(), endpoints.keySet())
        && known(TypeUrl.ROUTES, wantedRoutes(), routes.keySet())
        && known(TypeUrl.SECRET, wantedSecrets(), secrets.keySet());
  }

  private boolean known(String type, Set<String> wanted, Set<String> have) {
    Set<String> absent = missing.getOrDefault(type, Set.of());
    Set<String> refused = rejected.getOrDefault(type, Map.of()).keySet();
    return wanted.stream()
        .allMatch(n -> have.contains(n) || absent.contains(n) || refused.contains(n));
  }

  private Set<String> wantedEndpoints() {
    Set<String> names = new LinkedHashSet<>();
    for (Cluster cluster : clusters.values()) {
      if (cluster.discovery() instanceof Discovery.Eds eds) {
        names.add(eds.serviceName());
      }
    }
    return names;
  }

  private Set<String> wantedRoutes() {
    Set<String> names = new LinkedHashSet<>();
    for (FilterChain chain : chains()) {
      if (chain.terminal() instanceof HttpConnectionManager http
          && http.routes() instanceof HttpConnectionManager.RouteSource.Rds rds) {
        names.add(rds.name());
      }
    }
    return names;
  }

  private Set<String> wantedSecrets() {
    Set<String> names = new LinkedHashSet<>();
    for (FilterChain chain : chains()) {
      chain.tls().ifPresent(t -> secretsOf(t.common(), names));
    }
    for (Cluster cluster : clusters.values()) {
      for (TransportMatch transport : cluster.transports()) {
        transport.tls().ifPresent(t -> secretsOf(t.common(), names));
      }
    }
    names.removeIf(TlsCodec::isAgents);
    return names;
  }

  private static void secretsOf(TlsContext tls, Set<String> names) {
    if (tls.certificate().orElse(null) instanceof CertificateRef.Sds sds) {
      names.add(sds.name());
    }
    if (tls.validation().isPresent()
        && tls.validation().get().trust() instanceof TrustRef.Sds sds) {
      names.add(sds.name());
    }
  }

  private List<FilterChain> chains() {
    List<FilterChain> all = new ArrayList<>();
    for (Listener listener : listeners.values()) {
      all.addAll(listener.filterChains());
      listener.defaultFilterChain().ifPresent(all::add);
    }
    return all;
  }
}
