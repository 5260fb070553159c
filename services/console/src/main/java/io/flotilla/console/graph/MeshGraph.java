// SPDX-License-Identifier: Apache-2.0
package io.flotilla.console.graph;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who calls whom.
 *
 * @param windowSeconds over which the rates are
 * @param source where telemetry has its figures from: "window", "prometheus", or "" without any
 * @param problem why there is no traffic to show, one sentence; null: there is an answer
 * @param truncated some of the least busy are left out, to stay within the configured limits
 */
public record MeshGraph(
    int windowSeconds,
    String source,
    @Nullable String problem,
    boolean truncated,
    List<Node> nodes,
    List<Edge> edges) {

  public MeshGraph {
    nodes = List.copyOf(nodes);
    edges = List.copyOf(edges);
  }

  /** What a node is, which is how it is drawn. */
  public enum Kind {
    /** A workload, with or without a sidecar. */
    WORKLOAD,
    /** A gateway of the mesh. */
    GATEWAY,
    /** A service that was called and for which no workload answered. */
    SERVICE,
    /** A host outside the mesh. */
    EXTERNAL,
    /** Callers outside the mesh. */
    OUTSIDE
  }

  /**
   * @param id stable while the mesh runs: "workload/default/reviews-v1"
   * @param app the service that the workload's versions share; equal to {@code name} where unknown
   * @param version "" where unknown
   * @param services the hosts under which it was called
   * @param requestRate requests per second that it got
   * @param errorRate share of them that failed, 0 to 1
   * @param proxy null: none is known to Pilot, or Pilot does not answer
   * @param configuration the objects in force that name it
   */
  public record Node(
      String id,
      Kind kind,
      String namespace,
      String name,
      String app,
      String version,
      List<String> services,
      double requestRate,
      double errorRate,
      @Nullable Proxy proxy,
      List<ConfigObject> configuration) {
    public Node {
      services = List.copyOf(services);
      configuration = List.copyOf(configuration);
    }
  }

  /**
   * The proxies of a node.
   *
   * @param state the worst of them
   */
  public record Proxy(
      int count, ProxyState state, String identity, String userAgent, long acknowledgedRevision) {}

  /** Whether a proxy runs what it was sent. */
  public enum ProxyState {
    SYNCED,
    LAGGING,
    REFUSED
  }

  /** An object in force. {@code origin} is "file:line" or the cluster's name. */
  public record ConfigObject(String kind, String namespace, String name, String origin) {}

  /**
   * Calls of one protocol from one node to another under one service name.
   *
   * @param requestRate per second; of TCP, 0
   * @param errorRate 0 to 1
   * @param mtlsShare 0 to 1
   * @param p50Millis null without requests
   * @param p99Millis null without requests
   * @param responses per second by status code
   */
  public record Edge(
      String id,
      String source,
      String target,
      String service,
      String protocol,
      double requestRate,
      double errorRate,
      double mtlsShare,
      @Nullable Double p50Millis,
      @Nullable Double p99Millis,
      double sentBytesRate,
      double receivedBytesRate,
      Map<String, Double> responses) {
    public Edge {
      responses = Map.copyOf(responses);
    }
  }
}
