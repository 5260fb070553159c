// SPDX-License-Identifier: Apache-2.0
package io.flotilla.console.graph;

import io.flotilla.console.peer.Answer;
import io.flotilla.contract.pilot.ListProxiesResponse;
import io.flotilla.contract.pilot.ProxyStatus;
import io.flotilla.contract.telemetry.Edge;
import io.flotilla.contract.telemetry.GetGraphResponse;
import io.flotilla.contract.telemetry.Workload;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Joins telemetry's edges, Pilot's proxies and Galley's objects to one graph. A workload with a
 * proxy and without traffic is a node too. What a part that is away would have said is left out.
 */
public final class TrafficJoin {
  private static final String UNKNOWN = "unknown";
  private static final String OUTSIDE = "outside";

  private final int maxNodes;
  private final int maxEdges;

  public TrafficJoin(int maxNodes, int maxEdges) {
    this.maxNodes = maxNodes;
    this.maxEdges = maxEdges;
  }

  /** The graph over a window of {@code windowSeconds}. */
  public MeshGraph join(
      int windowSeconds,
      Answer<GetGraphResponse> traffic,
      Answer<ListProxiesResponse> proxies,
      ConfigIndex configuration) {
    Map<String, List<ProxyStatus>> proxiesOf = new LinkedHashMap<>();
    for (ProxyStatus proxy :
        proxies.value().map(ListProxiesResponse::getProxiesList).orElse(List.of())) {
      proxiesOf
          .computeIfAbsent(workloadId(proxy.getNamespace(), proxy.getWorkload()), _ -> list())
          .add(proxy);
    }
    List<Edge> busiest = busiest(traffic);
    Map<String, Drawn> nodes = new LinkedHashMap<>();
    Map<String, MeshGraph.Edge> edges = new LinkedHashMap<>();
    boolean truncated =
        busiest.size() < traffic.value().map(GetGraphResponse::getEdgesCount).orElse(0);
    for (Edge edge : busiest) {
      Drawn source = source(edge, proxiesOf);
      Drawn target = target(edge, proxiesOf);
      if (!fits(nodes, source, target)) {
        truncated = true;
        continue;
      }
      source = nodes.merge(source.id, source, (known, _) -> known);
      target = nodes.merge(target.id, target, (known, _) -> known);
      MeshGraph.Edge drawn = edge(edge, source.id, target.id);
      if (edges.putIfAbsent(drawn.id(), drawn) == null) {
        target.called(edge);
      }
    }
    for (Map.Entry<String, List<ProxyStatus>> idle : proxiesOf.entrySet()) {
      if (!nodes.containsKey(idle.getKey())) {
        if (nodes.size() >= maxNodes) {
          truncated = true;
          break;
        }
        ProxyStatus any = idle.getValue().getFirst();
        nodes.put(idle.getKey(), idle(any, configuration));
      }
    }
    return new MeshGraph(
        windowSeconds,
        traffic.value().map(GetGraphResponse::getSource).orElse(""),
        traffic.why().orElse(null),
        truncated,
        nodes.values().stream()
            .map(n -> n.node(proxiesOf.get(n.id), configuration))
            .sorted(Comparator.comparing(MeshGraph.Node::id))
            .toList(),
        edges.values().stream().sorted(Comparator.comparing(MeshGraph.Edge::id)).toList());
  }

  private boolean fits(Map<String, Drawn> nodes, Drawn source, Drawn target) {
    Set<String> more = new HashSet<>(Set.of(source.id));
    more.add(target.id);
    more.removeIf(nodes::containsKey);
    return nodes.size() + more.size() <= maxNodes;
  }

  private List<Edge> busiest(Answer<GetGraphResponse> traffic) {
    return traffic.value().map(GetGraphResponse::getEdgesList).orElse(List.of()).stream()
        .sorted(
            Comparator.comparingDouble(Edge::getRequestRate)
                .thenComparingDouble(e -> e.getSentBytesRate() + e.getReceivedBytesRate())
                .reversed())
        .limit(maxEdges)
        .toList();
  }

  private static List<ProxyStatus> list() {
    return new ArrayList<>();
  }

  private static String workloadId(String namespace, String name) {
    return "workload/" + namespace + "/" + name;
  }

  private static boolean known(String value) {
    return !value.isEmpty() && !value.equals(UNKNOWN);
  }

  private static Drawn source(Edge edge, Map<String, List<ProxyStatus>> proxiesOf) {
    return known(edge.getSource().getName())
        ? workload(edge.getSource(), proxiesOf)
        : new Drawn(OUTSIDE, MeshGraph.Kind.OUTSIDE, "", "outside the mesh", "", "");
  }

  private static Drawn target(Edge edge, Map<String, List<ProxyStatus>> proxiesOf) {
    if (known(edge.getDestination().getName())) {
      return workload(edge.getDestination(), proxiesOf);
    }
    String host =
        known(edge.getDestinationService()) ? edge.getDestinationService() : "unknown host";
    String key = ConfigIndex.key(host, "");
    if (host.contains(".svc.") || host.endsWith(".svc")) {
      int dot = key.indexOf('.');
      String name = dot < 0 ? key : key.substring(0, dot);
      String namespace = dot < 0 ? "" : key.substring(dot + 1);
      return new Drawn("service/" + key, MeshGraph.Kind.SERVICE, namespace, name, name, "");
    }
    return new Drawn("external/" + host, MeshGraph.Kind.EXTERNAL, "", host, host, "");
  }

  private static Drawn workload(Workload workload, Map<String, List<ProxyStatus>> proxiesOf) {
    String id = workloadId(workload.getNamespace(), workload.getName());
    return new Drawn(
        id,
        kind(workload.getName(), proxiesOf.get(id)),
        workload.getNamespace(),
        workload.getName(),
        known(workload.getCanonicalService()) ? workload.getCanonicalService() : workload.getName(),
        // Istio calls a workload without a version "latest", which tells a reader nothing.
        known(workload.getCanonicalRevision()) && !workload.getCanonicalRevision().equals("latest")
            ? workload.getCanonicalRevision()
            : "");
  }

  private static Drawn idle(ProxyStatus proxy, ConfigIndex configuration) {
    String namespace = proxy.getNamespace();
    String name = proxy.getWorkload();
    Map<String, String> labels = configuration.labels(namespace, name);
    String app =
        labels.getOrDefault(
            "service.istio.io/canonical-name",
            labels.getOrDefault("app.kubernetes.io/name", labels.getOrDefault("app", name)));
    String version =
        labels.getOrDefault(
            "service.istio.io/canonical-revision",
            labels.getOrDefault("app.kubernetes.io/version", labels.getOrDefault("version", "")));
    return new Drawn(
        workloadId(namespace, name), kind(name, List.of(proxy)), namespace, name, app, version);
  }

  private static MeshGraph.Kind kind(String name, @Nullable List<ProxyStatus> proxies) {
    boolean gateway =
        proxies == null
            // Pilot knows; without it, Istio's usual names tell.
            ? name.endsWith("ingressgateway") || name.endsWith("egressgateway")
            : proxies.getFirst().getType().equals("router");
    return gateway ? MeshGraph.Kind.GATEWAY : MeshGraph.Kind.WORKLOAD;
  }

  private static MeshGraph.Edge edge(Edge edge, String source, String target) {
    Map<String, Double> responses = new HashMap<>();
    edge.getResponsesMap()
        .forEach(
            (code, rate) -> {
              if (responses.size() < 64) {
                responses.put(code, finite(rate));
              }
            });
    return new MeshGraph.Edge(
        source
            + " > "
            + target
            + " "
            + edge.getProtocol()
            + (edge.getDestinationService().isEmpty() ? "" : " " + edge.getDestinationService()),
        source,
        target,
        known(edge.getDestinationService()) ? edge.getDestinationService() : "",
        edge.getProtocol(),
        finite(edge.getRequestRate()),
        share(edge.getErrorRate()),
        share(edge.getMtlsShare()),
        quantile(edge.getP50Millis()),
        quantile(edge.getP99Millis()),
        finite(edge.getSentBytesRate()),
        finite(edge.getReceivedBytesRate()),
        responses);
  }

  private static double finite(double value) {
    return Double.isFinite(value) ? value : 0;
  }

  private static double share(double value) {
    return Math.clamp(finite(value), 0, 1);
  }

  private static @Nullable Double quantile(double value) {
    return Double.isFinite(value) ? value : null;
  }

  /** A node while its edges come in. */
  private static final class Drawn {
    private final String id;
    private final MeshGraph.Kind kind;
    private final String namespace;
    private final String name;
    private final String app;
    private final String version;
    private final Set<String> services = new TreeSet<>();
    private double requests;
    private double errors;

    Drawn(
        String id, MeshGraph.Kind kind, String namespace, String name, String app, String version) {
      this.id = id;
      this.kind = kind;
      this.namespace = namespace;
      this.name = name;
      this.app = app;
      this.version = version;
    }

    void called(Edge edge) {
      requests += finite(edge.getRequestRate());
      errors += finite(edge.getRequestRate()) * share(edge.getErrorRate());
      if (known(edge.getDestinationService())) {
        services.add(edge.getDestinationService());
      }
    }

    MeshGraph.Node node(@Nullable List<ProxyStatus> proxies, ConfigIndex configuration) {
      Set<MeshGraph.ConfigObject> objects = new LinkedHashSet<>();
      for (String service : services) {
        objects.addAll(configuration.naming(service, namespace));
      }
      if (kind != MeshGraph.Kind.OUTSIDE && kind != MeshGraph.Kind.EXTERNAL) {
        objects.addAll(configuration.naming(app, namespace));
      }
      return new MeshGraph.Node(
          id,
          kind,
          namespace,
          name,
          app,
          version,
          List.copyOf(services),
          requests,
          requests == 0 ? 0 : Math.clamp(errors / requests, 0, 1),
          proxies == null ? null : proxy(proxies),
          objects.stream()
              .sorted(
                  Comparator.comparing(MeshGraph.ConfigObject::kind)
                      .thenComparing(MeshGraph.ConfigObject::name))
              .toList());
    }

    private static MeshGraph.Proxy proxy(List<ProxyStatus> proxies) {
      ProxyStatus first = proxies.getFirst();
      MeshGraph.ProxyState worst =
          proxies.stream().map(TrafficJoin::state).max(Comparator.naturalOrder()).orElseThrow();
      return new MeshGraph.Proxy(
          proxies.size(),
          Objects.requireNonNull(worst),
          first.getIdentity(),
          first.getUserAgent(),
          proxies.stream().mapToLong(ProxyStatus::getAcknowledgedRevision).min().orElse(0));
    }
  }

  /** Refused before lagging: a proxy that refused something runs the rest. */
  public static MeshGraph.ProxyState state(ProxyStatus proxy) {
    if (proxy.getRefusedCount() > 0) {
      return MeshGraph.ProxyState.REFUSED;
    }
    return Long.compareUnsigned(proxy.getAcknowledgedRevision(), proxy.getSentRevision()) < 0
        ? MeshGraph.ProxyState.LAGGING
        : MeshGraph.ProxyState.SYNCED;
  }
}
