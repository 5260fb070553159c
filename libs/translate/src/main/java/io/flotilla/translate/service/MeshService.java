// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.service;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A service of the mesh.
 *
 * @param host fully qualified, or a ServiceEntry's own; may be "*.suffix"
 * @param name the declaring object's
 * @param addresses virtual addresses or CIDR ranges; empty: reached by name or port alone
 * @param external outside the mesh (MESH_EXTERNAL): no mesh TLS
 * @param kubernetes declared by a Kubernetes Service
 * @param selector labels of the workloads that serve it; empty: none selected
 * @param subjectAltNames further identities that its endpoints may show
 * @param exportTo namespaces that see it; empty: all
 * @param source the declaring object, for provenance
 */
public record MeshService(
    String host,
    String namespace,
    String name,
    List<String> addresses,
    List<ServicePort> ports,
    Resolution resolution,
    boolean external,
    boolean kubernetes,
    Map<String, String> selector,
    List<String> subjectAltNames,
    Set<String> exportTo,
    String source) {

  /** How its endpoints are found. */
  public enum Resolution {
    /** From what the control plane knows. */
    ENDPOINTS,
    /** Every address of the endpoints' names. */
    DNS,
    /** One address of one name, again for each connection. */
    DNS_ROUND_ROBIN,
    /** Where the client's connection went. */
    PASSTHROUGH
  }

  public MeshService {
    addresses = List.copyOf(addresses);
    ports = List.copyOf(ports);
    selector = Map.copyOf(selector);
    subjectAltNames = List.copyOf(subjectAltNames);
    exportTo = Set.copyOf(exportTo);
  }

  /** Its place in the graph. */
  public ServiceKey key() {
    return new ServiceKey(host, namespace);
  }

  /** The same at other addresses. */
  public MeshService at(List<String> others) {
    return new MeshService(
        host,
        namespace,
        name,
        others,
        ports,
        resolution,
        external,
        kubernetes,
        selector,
        subjectAltNames,
        exportTo,
        source);
  }

  /** A Kubernetes service without an address of its own. */
  public boolean headless() {
    return kubernetes && resolution == Resolution.PASSTHROUGH;
  }

  /** A Kubernetes service of type ExternalName. */
  public boolean isAlias() {
    return kubernetes && resolution == Resolution.DNS;
  }

  /** The port that clients connect to as {@code number}. */
  public Optional<ServicePort> port(int number) {
    return ports.stream().filter(p -> p.number() == number).findFirst();
  }

  /** Whether clients in {@code clientNamespace} see it. */
  public boolean visibleTo(String clientNamespace) {
    return Exports.visible(exportTo, namespace, clientNamespace);
  }
}
