// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.node;

import io.flotilla.model.Checks;
import io.flotilla.model.endpoint.Locality;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A proxy's node, as istio-agent sends it: id "type~ip~name.namespace~domain" and Istio's metadata
 * keys.
 *
 * @param type {@link Type#SIDECAR} or {@link Type#ROUTER}
 * @param ip the proxy's first address
 * @param name of the pod or workload entry
 * @param domain DNS suffix, "default.svc.cluster.local"
 * @param cluster the node's cluster field; informative
 * @param userAgent "envoy 1.40.0", "flotilla 0.1.0"; may be empty
 * @param metadata strings, lists and maps, as decoded from the node's Struct
 * @param extensions names of the extensions that the proxy has; empty: not told
 */
public record ProxyNode(
    String id,
    Type type,
    String ip,
    String name,
    String namespace,
    String domain,
    String cluster,
    Locality locality,
    String userAgent,
    Map<String, Object> metadata,
    Set<String> extensions) {

  public ProxyNode {
    Checks.notEmpty(id, "node id");
    metadata = Map.copyOf(metadata);
    extensions = Set.copyOf(extensions);
  }

  /**
   * Reads the four parts of {@code id}.
   *
   * @throws io.flotilla.model.InvalidModelException if it is not of Istio's form
   */
  public static ProxyNode parse(
      String id,
      String cluster,
      Locality locality,
      String userAgent,
      Map<String, Object> metadata,
      Set<String> extensions) {
    String[] parts = id.split("~", -1);
    Checks.require(
        parts.length == 4, "node id must be 'type~ip~name.namespace~domain', but is '" + id + "'");
    int dot = parts[2].lastIndexOf('.');
    Checks.require(dot > 0, "the third part of node id '" + id + "' must be 'name.namespace'");
    return new ProxyNode(
        id,
        Type.of(parts[0]),
        parts[1],
        parts[2].substring(0, dot),
        parts[2].substring(dot + 1),
        parts[3],
        cluster,
        locality,
        userAgent,
        metadata,
        extensions);
  }

  /** The metadata's string under {@code key}. */
  public Optional<String> text(String key) {
    return metadata.get(key) instanceof String s && !s.isEmpty()
        ? Optional.of(s)
        : Optional.empty();
  }

  /** The metadata's map of strings under {@code key}; empty when absent. */
  public Map<String, String> textMap(String key) {
    if (!(metadata.get(key) instanceof Map<?, ?> map)) {
      return Map.of();
    }
    Map<String, String> out = new java.util.LinkedHashMap<>();
    map.forEach((k, v) -> out.put(String.valueOf(k), String.valueOf(v)));
    return out;
  }

  /** The labels of the workload (metadata LABELS). */
  public Map<String, String> labels() {
    return textMap("LABELS");
  }

  /** The workload's service account (metadata SERVICE_ACCOUNT), "default" when absent. */
  public String serviceAccount() {
    return text("SERVICE_ACCOUNT").orElse("default");
  }

  /** All of the proxy's addresses (metadata INSTANCE_IPS), or just {@link #ip}. */
  public List<String> addresses() {
    return text("INSTANCE_IPS").map(s -> List.of(s.split(","))).orElse(List.of(ip));
  }

  /** The kind of proxy, by the first part of its id. */
  public enum Type {
    SIDECAR("sidecar"),
    ROUTER("router"),
    WAYPOINT("waypoint"),
    ZTUNNEL("ztunnel");

    private final String word;

    Type(String word) {
      this.word = word;
    }

    /** As it stands in node ids. */
    public String word() {
      return word;
    }

    static Type of(String word) {
      for (Type t : values()) {
        if (t.word.equals(word)) {
          return t;
        }
      }
      throw new io.flotilla.model.InvalidModelException(
          "node type must be sidecar, router, waypoint or ztunnel, but is '" + word + "'");
    }
  }
}
