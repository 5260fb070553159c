// SPDX-License-Identifier: Apache-2.0
package io.flotilla.console.graph;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.contract.galley.ListResponse;
import io.flotilla.contract.galley.ObjectSummary;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Galley's objects by the hosts that they name, and the labels of its workload entries. */
public final class ConfigIndex {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MOST_PER_HOST = 20;

  /** Of no configuration. */
  public static final ConfigIndex EMPTY = new ConfigIndex();

  private final Map<String, List<MeshGraph.ConfigObject>> byHost = new HashMap<>();
  private final Map<String, Map<String, String>> labels = new HashMap<>();

  private ConfigIndex() {}

  /** Reads every object once. An object that is not JSON is listed nowhere. */
  public static ConfigIndex of(ListResponse response) {
    ConfigIndex index = new ConfigIndex();
    for (ObjectSummary object : response.getObjectsList()) {
      index.add(object);
    }
    return index;
  }

  private void add(ObjectSummary object) {
    JsonNode root;
    try {
      root = JSON.readTree(object.getJson());
    } catch (JsonProcessingException e) {
      return;
    }
    if (root == null) {
      return;
    }
    if (object.getKind().equals("WorkloadEntry")) {
      addLabels(object, root);
    }
    MeshGraph.ConfigObject shown =
        new MeshGraph.ConfigObject(
            object.getKind(), object.getNamespace(), object.getName(), object.getOrigin());
    for (String host : hosts(object, root.path("spec"))) {
      List<MeshGraph.ConfigObject> named = byHost.computeIfAbsent(host, _ -> new ArrayList<>());
      if (named.size() < MOST_PER_HOST) {
        named.add(shown);
      }
    }
  }

  private void addLabels(ObjectSummary object, JsonNode root) {
    Map<String, String> found = new HashMap<>();
    for (JsonNode from :
        List.of(root.path("metadata").path("labels"), root.path("spec").path("labels"))) {
      from.properties().forEach(e -> found.put(e.getKey(), e.getValue().asText()));
    }
    labels.put(object.getNamespace() + "/" + object.getName(), found);
  }

  private static Set<String> hosts(ObjectSummary object, JsonNode spec) {
    Set<String> hosts = new TreeSet<>();
    if (object.getKind().equals("Service")) {
      hosts.add(object.getName());
    }
    for (JsonNode host : spec.path("hosts")) {
      hosts.add(host.asText());
    }
    if (spec.path("host").isTextual()) {
      hosts.add(spec.path("host").asText());
    }
    Set<String> keys = new TreeSet<>();
    for (String host : hosts) {
      if (!host.isEmpty() && !host.equals("*")) {
        keys.add(key(host, object.getNamespace()));
      }
    }
    return keys;
  }

  /** One spelling for "reviews", "reviews.default" and "reviews.default.svc.cluster.local". */
  static String key(String host, String namespace) {
    if (host.indexOf('.') < 0) {
      return host + "." + namespace;
    }
    int svc = host.indexOf(".svc.");
    if (svc > 0) {
      return host.substring(0, svc);
    }
    return host.endsWith(".svc") ? host.substring(0, host.length() - 4) : host;
  }

  /** The objects that name this host, as it is seen from {@code namespace}. */
  List<MeshGraph.ConfigObject> naming(String host, String namespace) {
    return byHost.getOrDefault(key(host, namespace), List.of());
  }

  /** The labels of a workload entry; empty if there is none of that name. */
  Map<String, String> labels(String namespace, String name) {
    return labels.getOrDefault(namespace + "/" + name, Map.of());
  }
}
