// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.endpoint;

import io.flotilla.model.endpoint.Endpoint.WorkloadRef;
import io.flotilla.translate.MeshSettings;
import io.flotilla.translate.listener.MtlsMode;
import io.flotilla.translate.listener.MtlsPolicy;
import io.flotilla.translate.service.MeshService;
import io.flotilla.translate.service.Protocol;
import io.flotilla.translate.service.ServiceEndpoint;
import io.flotilla.translate.service.ServicePort;
import io.flotilla.translate.service.Workload;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** Collects what serves a service; a workload that is told twice counts once. */
public final class ServiceEndpoints {
  private final MeshSettings mesh;
  private final Function<Workload, MtlsPolicy> mtls;
  private final Set<ServiceEndpoint> all = new LinkedHashSet<>();

  /**
   * Nothing yet.
   *
   * @param mtls what a workload takes
   */
  public ServiceEndpoints(MeshSettings mesh, Function<Workload, MtlsPolicy> mtls) {
    this.mesh = mesh;
    this.mtls = mtls;
  }

  /** Adds workloads that serve all ports of a service. */
  public void add(MeshService service, Collection<Workload> workloads) {
    for (ServicePort port : service.ports()) {
      for (Workload workload : workloads) {
        add(port, port.of(workload), workload);
      }
    }
  }

  /** Adds a workload that serves one port at {@code number}. */
  public void add(ServicePort port, int number, Workload workload) {
    if (workload.address().isEmpty() || port.protocol() == Protocol.UDP) {
      return;
    }
    all.add(
        new ServiceEndpoint(
            workload.address(),
            port.number(),
            number,
            workload.labels(),
            workload.namespace(),
            workload.locality(),
            workload.weight(),
            workload.serviceAccount().isEmpty()
                ? ""
                : mesh.identity(workload.namespace(), workload.serviceAccount()),
            workload.saysMeshTls() && mtls.apply(workload).of(number) != MtlsMode.DISABLE,
            new WorkloadRef(
                workload.workloadName(),
                workload.namespace(),
                workload.canonicalService(),
                workload.canonicalRevision(),
                mesh.clusterId())));
  }

  /** What was collected. */
  public List<ServiceEndpoint> list() {
    return List.copyOf(all);
  }
}
