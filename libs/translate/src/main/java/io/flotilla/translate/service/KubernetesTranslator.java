// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.service;

import io.flotilla.api.Resource;
import io.flotilla.api.kubernetes.EndpointSlice;
import io.flotilla.api.kubernetes.Pod;
import io.flotilla.api.kubernetes.Service;
import io.flotilla.model.endpoint.Locality;
import io.flotilla.translate.Sources;
import io.flotilla.translate.service.MeshService.Resolution;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/** Kubernetes' Services, EndpointSlices and Pods as services and workloads. */
public final class KubernetesTranslator {
  private static final String EXPORT_TO = "networking.istio.io/exportTo";

  private KubernetesTranslator() {}

  /** A Service; one of type ExternalName is a name to look up. */
  public static MeshService service(Resource<Service> resource, String domain) {
    Service spec = resource.spec();
    boolean named = spec.type().orElse("").equals("ExternalName");
    TreeSet<String> addresses = new TreeSet<>(spec.clusterIPs());
    spec.clusterIP().ifPresent(addresses::add);
    addresses.removeIf(a -> a.isEmpty() || a.equals(Service.HEADLESS));
    String exports = resource.metadata().annotations().getOrDefault(EXPORT_TO, "");
    return new MeshService(
        resource.metadata().name() + "." + resource.metadata().namespace() + ".svc." + domain,
        resource.metadata().namespace(),
        resource.metadata().name(),
        List.copyOf(addresses),
        spec.ports().stream().map(KubernetesTranslator::port).toList(),
        named ? Resolution.DNS : spec.isHeadless() ? Resolution.PASSTHROUGH : Resolution.ENDPOINTS,
        named,
        true,
        spec.selector(),
        List.of(),
        exports.isBlank()
            ? Set.of()
            : Set.copyOf(Arrays.stream(exports.split(",")).map(String::trim).distinct().toList()),
        Sources.of(resource));
  }

  private static ServicePort port(Service.Port port) {
    String name = port.name().orElse("");
    String target = port.targetPort().orElse("");
    boolean number = target.matches("\\d{1,5}");
    return new ServicePort(
        port.port(),
        name,
        Protocol.ofKubernetes(
            port.protocol().orElse("TCP"), port.appProtocol().orElse(""), name, port.port()),
        number && !target.equals("0") ? Integer.parseInt(target) : port.port(),
        number ? "" : target);
  }

  /** A pod that has an address and has not ended. */
  public static Optional<Workload> workload(Resource<Pod> resource) {
    Pod pod = resource.spec();
    String phase = pod.status().flatMap(Pod.Status::phase).orElse("Running");
    Optional<String> address = pod.status().flatMap(Pod.Status::podIP).filter(ip -> !ip.isEmpty());
    if (address.isEmpty() || phase.equals("Succeeded") || phase.equals("Failed")) {
      return Optional.empty();
    }
    Map<String, Integer> ports = new LinkedHashMap<>();
    pod.spec()
        .ifPresent(
            spec ->
                spec.containers()
                    .forEach(
                        container ->
                            container
                                .ports()
                                .forEach(
                                    port ->
                                        port.name()
                                            .ifPresent(
                                                name ->
                                                    port.containerPort()
                                                        .ifPresent(
                                                            number ->
                                                                ports.putIfAbsent(
                                                                    name, number))))));
    return Optional.of(
        new Workload(
            resource.metadata().name(),
            resource.metadata().namespace(),
            owner(resource),
            address.get(),
            ports,
            resource.metadata().labels(),
            Locality.NONE,
            1,
            pod.spec().flatMap(Pod.Spec::serviceAccountName).orElse("default")));
  }

  /** The Deployment behind a ReplicaSet, or the owner, or the pod itself. */
  private static String owner(Resource<Pod> resource) {
    String name =
        resource.metadata().ownerReferences().stream()
            .filter(o -> o.controller().orElse(false))
            .findFirst()
            .flatMap(o -> o.name())
            .orElse(resource.metadata().name());
    String hash = resource.metadata().labels().get("pod-template-hash");
    return hash != null && name.endsWith("-" + hash)
        ? name.substring(0, name.length() - hash.length() - 1)
        : name;
  }

  /** Whether a pod is ready for requests. */
  public static boolean isReady(Resource<Pod> resource) {
    return resource
        .spec()
        .status()
        .map(
            status ->
                status.conditions().stream()
                    .filter(c -> c.type().orElse("").equals("Ready"))
                    .allMatch(c -> c.status().orElse("").equals("True")))
        .orElse(true);
  }

  /** A workload behind a service's port, as a slice tells it. */
  public record SliceMember(ServicePort port, int number, Workload workload) {}

  /**
   * The ready members of a slice.
   *
   * @param pods the workload of a pod by "namespace/name"
   */
  public static List<SliceMember> members(
      MeshService service,
      Resource<EndpointSlice> resource,
      Function<String, Optional<Workload>> pods) {
    EndpointSlice slice = resource.spec();
    List<SliceMember> out = new ArrayList<>();
    for (ServicePort port : service.ports()) {
      for (EndpointSlice.Port offered : slice.ports()) {
        if (!offered.name().orElse("").equals(port.name()) || offered.port().isEmpty()) {
          continue;
        }
        for (EndpointSlice.Endpoint endpoint : slice.endpoints()) {
          if (endpoint.isReady()) {
            Optional<Workload> pod =
                endpoint
                    .targetRef()
                    .filter(ref -> ref.kind().orElse("").equals("Pod"))
                    .flatMap(
                        ref ->
                            pods.apply(
                                ref.namespace().orElse(service.namespace())
                                    + "/"
                                    + ref.name().orElse("")));
            for (String address : endpoint.addresses()) {
              out.add(new SliceMember(port, offered.port().get(), member(endpoint, address, pod)));
            }
          }
        }
      }
    }
    return out;
  }

  /** An address behind which no pod is known has no names. */
  private static Workload member(
      EndpointSlice.Endpoint endpoint, String address, Optional<Workload> pod) {
    Locality locality = new Locality("", endpoint.zone().orElse(""), "");
    return pod.map(
            p ->
                new Workload(
                    p.name(),
                    p.namespace(),
                    p.workloadName(),
                    address,
                    p.ports(),
                    p.labels(),
                    locality,
                    1,
                    p.serviceAccount()))
        .orElseGet(() -> new Workload("", "", "", address, Map.of(), Map.of(), locality, 1, ""));
  }
}
