// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.kubernetes;

import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.Lenient;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The specification of a Service. */
@Lenient
public record Service(
    @Field("ClusterIP, NodePort, LoadBalancer or ExternalName; ClusterIP if absent.")
        Optional<String> type,
    @Field("Its address; 'None': headless.") Optional<String> clusterIP,
    @Field("Its addresses of both families.") List<String> clusterIPs,
    @Field("Where an ExternalName leads.") Optional<String> externalName,
    @Field("Labels of its workloads.") Map<String, String> selector,
    @Field("Its ports.") List<Port> ports,
    @Field("Whether workloads that are not ready count.")
        Optional<Boolean> publishNotReadyAddresses,
    @Field("Addresses outside the cluster.") List<String> externalIPs) {

  /** The value of {@link #clusterIP} of a headless service. */
  public static final String HEADLESS = "None";

  /** Whether it has no address of its own. */
  public boolean isHeadless() {
    return clusterIP.orElse("").equals(HEADLESS);
  }

  /**
   * A port of a service.
   *
   * @param targetPort a number, or the name of a container's port
   */
  @Lenient
  public record Port(
      @Field("Its name.") Optional<String> name,
      @Field(value = "Its number.", required = true, minimum = 1, maximum = 65535) int port,
      @Field(value = "The port of the workloads.", intOrString = true) Optional<String> targetPort,
      @Field("TCP or UDP.") Optional<String> protocol,
      @Field("The application's protocol.") Optional<String> appProtocol,
      @Field("The port on each node.") Optional<Integer> nodePort) {}
}
