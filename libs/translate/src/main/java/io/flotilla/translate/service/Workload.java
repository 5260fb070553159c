// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.service;

import io.flotilla.model.endpoint.Locality;
import java.util.Map;
import java.util.Optional;

/**
 * A place where services run: a pod or a workload entry.
 *
 * @param name of the pod or workload entry; for a ServiceEntry's own endpoint, made from its name
 * @param workloadName what metrics call it: the owner's name, or else {@code name}
 * @param ports by name, where the workload tells them
 * @param weight 1 and up
 */
public record Workload(
    String name,
    String namespace,
    String workloadName,
    String address,
    Map<String, Integer> ports,
    Map<String, String> labels,
    Locality locality,
    int weight,
    String serviceAccount) {

  /** The label by which a workload says that it takes mesh TLS. */
  public static final String TLS_MODE = "security.istio.io/tlsMode";

  public Workload {
    ports = Map.copyOf(ports);
    labels = Map.copyOf(labels);
  }

  /** Whether it says that its proxy takes mesh TLS. */
  public boolean saysMeshTls() {
    return "istio".equals(labels.get(TLS_MODE));
  }

  /** The canonical service of Istio's metrics. */
  public String canonicalService() {
    return firstLabel("service.istio.io/canonical-name", "app.kubernetes.io/name", "app")
        .orElse(workloadName);
  }

  /** The canonical revision of Istio's metrics; empty where no label tells. */
  public String canonicalRevision() {
    return firstLabel("service.istio.io/canonical-revision", "app.kubernetes.io/version", "version")
        .orElse("");
  }

  private Optional<String> firstLabel(String... names) {
    for (String name : names) {
      String value = labels.get(name);
      if (value != null && !value.isEmpty()) {
        return Optional.of(value);
      }
    }
    return Optional.empty();
  }

  /** The locality written "region/zone/subzone". */
  public static Locality locality(String text) {
    String[] parts = text.split("/", -1);
    return new Locality(
        parts[0], parts.length > 1 ? parts[1] : "", parts.length > 2 ? parts[2] : "");
  }
}
