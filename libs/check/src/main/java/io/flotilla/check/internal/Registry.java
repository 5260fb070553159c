// SPDX-License-Identifier: Apache-2.0
package io.flotilla.check.internal;

import io.flotilla.api.Kind;
import io.flotilla.api.Kinds;
import io.flotilla.api.Resource;
import io.flotilla.api.kubernetes.Service;
import io.flotilla.api.networking.DestinationRule;
import io.flotilla.api.networking.ServiceEntry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The configuration, indexed by what references name: hosts, subsets, objects, labels. */
public final class Registry {
  private static final String CLUSTER_DOMAIN = ".svc.cluster.local";

  private final Map<Kind<?>, List<Resource<?>>> byKind = new HashMap<>();
  private final Map<Kind<?>, Set<String>> names = new HashMap<>();
  private final Map<String, List<Integer>> ports = new HashMap<>();
  private final List<String> wildcards = new ArrayList<>();
  private final Map<String, Set<String>> subsets = new HashMap<>();
  private final List<Map<String, String>> workloads = new ArrayList<>();

  public Registry(Collection<Resource<?>> resources) {
    for (Resource<?> resource : resources) {
      byKind.computeIfAbsent(resource.kind(), kind -> new ArrayList<>()).add(resource);
      names
          .computeIfAbsent(resource.kind(), kind -> new HashSet<>())
          .add(resource.metadata().fullName());
    }
    all(Kinds.SERVICE).forEach(this::addService);
    all(Kinds.SERVICE_ENTRY).forEach(this::addServiceEntry);
    all(Kinds.DESTINATION_RULE).forEach(this::addSubsets);
    all(Kinds.POD).forEach(pod -> workloads.add(pod.metadata().labels()));
    all(Kinds.WORKLOAD_ENTRY)
        .forEach(
            entry -> {
              Map<String, String> labels = new HashMap<>(entry.metadata().labels());
              labels.putAll(entry.spec().labels());
              workloads.add(labels);
            });
  }

  private void addService(Resource<Service> service) {
    String host = service.metadata().name() + "." + service.metadata().namespace() + CLUSTER_DOMAIN;
    ports.put(host, service.spec().ports().stream().map(Service.Port::port).toList());
  }

  private void addServiceEntry(Resource<ServiceEntry> entry) {
    for (String host : entry.spec().hosts()) {
      ports.put(host, entry.spec().ports().stream().map(ServiceEntry.ServicePort::number).toList());
      if (host.startsWith("*")) {
        wildcards.add(host.substring(1));
      }
    }
  }

  private void addSubsets(Resource<DestinationRule> rule) {
    Set<String> of =
        subsets.computeIfAbsent(
            qualified(rule.spec().host(), rule.metadata().namespace()), host -> new HashSet<>());
    rule.spec().subsets().forEach(subset -> of.add(subset.name()));
  }

  /** All objects of a kind. */
  public <S> List<Resource<S>> all(Kind<S> kind) {
    return byKind.getOrDefault(kind, List.of()).stream()
        .map(resource -> resource.as(kind))
        .toList();
  }

  /** Whether there is such an object; "namespace/name". */
  public boolean has(Kind<?> kind, String namespace, String name) {
    return names.getOrDefault(kind, Set.of()).contains(namespace + "/" + name);
  }

  /** The full name that a host in a rule means: a short name is meant in the rule's namespace. */
  public static String qualified(String host, String namespace) {
    if (host.contains(".") || host.contains("*") || host.contains(":")) {
      return host;
    }
    return host + "." + namespace + CLUSTER_DOMAIN;
  }

  /** Whether a full host name is a service's; "a.b" may also mean service a of namespace b. */
  public boolean hasHost(String host) {
    return ports.containsKey(canonical(host)) || wildcards.stream().anyMatch(host::endsWith);
  }

  /** The ports of a host's service; none if they are not known. */
  public List<Integer> portsOf(String host) {
    return ports.getOrDefault(canonical(host), List.of());
  }

  private String canonical(String host) {
    if (ports.containsKey(host)) {
      return host;
    }
    for (String suffix : List.of(CLUSTER_DOMAIN, ".cluster.local")) {
      if (ports.containsKey(host + suffix)) {
        return host + suffix;
      }
    }
    return host;
  }

  /** The subsets that destination rules name for the host, wildcard hosts included. */
  public Set<String> subsetsOf(String host) {
    Set<String> found = new HashSet<>(subsets.getOrDefault(canonical(host), Set.of()));
    subsets.forEach(
        (of, names) -> {
          if (of.startsWith("*") && host.endsWith(of.substring(1)) || canonical(of).equals(host)) {
            found.addAll(names);
          }
        });
    return found;
  }

  /** All full host names, for hints. */
  public Set<String> hosts() {
    return ports.keySet();
  }

  /** Whether workloads are known at all: in a cluster pods may be watched elsewhere. */
  public boolean knowsWorkloads() {
    return !workloads.isEmpty();
  }

  /** Whether a workload has all of the labels. */
  public boolean hasWorkload(Map<String, String> labels) {
    return workloads.stream().anyMatch(of -> of.entrySet().containsAll(labels.entrySet()));
  }

  /** The labels of the workloads that a service selects; empty: not a Kubernetes service. */
  public List<Map<String, String>> workloadsOf(String host) {
    String name = canonical(host);
    return all(Kinds.SERVICE).stream()
        .filter(
            service ->
                name.equals(
                    service.metadata().name()
                        + "."
                        + service.metadata().namespace()
                        + CLUSTER_DOMAIN))
        .filter(service -> !service.spec().selector().isEmpty())
        .flatMap(
            service ->
                workloads.stream()
                    .filter(of -> of.entrySet().containsAll(service.spec().selector().entrySet())))
        .toList();
  }
}
