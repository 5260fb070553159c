// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api;

import java.util.List;

/**
 * A kind of resource that the mesh understands.
 *
 * @param group empty for Kubernetes' core
 * @param versions those that are accepted; all have one schema; the first is the canonical one
 * @param namespaced false: objects belong to the whole cluster
 * @param type the record of the specification
 * @param inSpec false: the record is the whole body, not its spec
 * @param specRequired a document without a spec is refused
 */
public record Kind<S>(
    String group,
    List<String> versions,
    String kind,
    String plural,
    boolean namespaced,
    Class<S> type,
    boolean inSpec,
    boolean specRequired) {

  public Kind {
    versions = List.copyOf(versions);
  }

  /** The canonical apiVersion, "networking.istio.io/v1" or "v1". */
  public String apiVersion() {
    return apiVersion(versions.getFirst());
  }

  /** The type URL on the wire of MCP: "networking.istio.io/v1/VirtualService", "v1/Service". */
  public String typeUrl() {
    return apiVersion() + "/" + kind;
  }

  /** The apiVersion of one of the versions. */
  public String apiVersion(String version) {
    return group.isEmpty() ? version : group + "/" + version;
  }

  @Override
  public String toString() {
    return typeUrl();
  }
}
