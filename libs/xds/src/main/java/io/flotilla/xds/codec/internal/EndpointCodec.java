// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec.internal;

import com.google.protobuf.Struct;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.flotilla.model.address.Address;
import io.flotilla.model.address.InternalAddress;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.model.endpoint.Locality;
import io.flotilla.model.endpoint.LocalityEndpoints;
import io.flotilla.xds.codec.Structs;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The endpoints of clusters. */
public final class EndpointCodec {
  private static final String TAGS = "envoy.transport_socket_match";

  private EndpointCodec() {}

  /** To the wire. */
  public static io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment encode(
      ClusterLoadAssignment assignment) {
    var b =
        io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment.newBuilder()
            .setClusterName(assignment.clusterName());
    for (LocalityEndpoints l : assignment.localities()) {
      LocalityLbEndpoints.Builder locality =
          LocalityLbEndpoints.newBuilder().setPriority(l.priority());
      if (l.weight() > 0) {
        locality.setLoadBalancingWeight(UInt32Value.of(l.weight()));
      }
      locality.setLocality(
          io.envoyproxy.envoy.config.core.v3.Locality.newBuilder()
              .setRegion(l.locality().region())
              .setZone(l.locality().zone())
              .setSubZone(l.locality().subZone()));
      l.endpoints().forEach(e -> locality.addLbEndpoints(endpoint(e)));
      b.addEndpoints(locality);
    }
    if (assignment.overprovisioning() != ClusterLoadAssignment.DEFAULT_OVERPROVISIONING) {
      b.getPolicyBuilder().setOverprovisioningFactor(UInt32Value.of(assignment.overprovisioning()));
    }
    if (assignment.healthByWeight()) {
      b.getPolicyBuilder().setWeightedPriorityHealth(true);
    }
    return b.build();
  }

  private static LbEndpoint endpoint(Endpoint e) {
    LbEndpoint.Builder b =
        LbEndpoint.newBuilder()
            .setEndpoint(
                io.envoyproxy.envoy.config.endpoint.v3.Endpoint.newBuilder()
                    .setAddress(Common.address(e.address()))
                    .setHostname(e.hostname()))
            .setLoadBalancingWeight(UInt32Value.of(e.weight()))
            .setHealthStatus(
                switch (e.health()) {
                  case HEALTHY -> HealthStatus.HEALTHY;
                  case DEGRADED -> HealthStatus.DEGRADED;
                  case UNHEALTHY -> HealthStatus.UNHEALTHY;
                  case DRAINING -> HealthStatus.DRAINING;
                });
    Metadata.Builder metadata = Metadata.newBuilder();
    if (!e.transportTags().isEmpty()) {
      metadata.putFilterMetadata(TAGS, Structs.toStruct(e.transportTags()));
    }
    if (e.address() instanceof InternalAddress internal) {
      InternalCodec.destination(internal, metadata);
    }
    e.workload()
        .ifPresent(
            w ->
                metadata.putFilterMetadata(
                    "istio",
                    Structs.toStruct(
                        Map.of(
                            "workload",
                            String.join(
                                ";",
                                w.name(),
                                w.namespace(),
                                w.canonicalService(),
                                w.canonicalRevision(),
                                w.cluster())))));
    if (!e.metadata().isEmpty()) {
      metadata.putFilterMetadata(Common.BALANCING, Structs.toStruct(e.metadata()));
    }
    if (metadata.getFilterMetadataCount() > 0) {
      b.setMetadata(metadata);
    }
    return b.build();
  }

  /** From the wire. {@code cluster} names an assignment that carries no name of its own. */
  public static ClusterLoadAssignment decode(
      String cluster, io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment a) {
    return new ClusterLoadAssignment(
        a.getClusterName().isEmpty() ? cluster : a.getClusterName(),
        a.getEndpointsList().stream()
            .map(
                l ->
                    new LocalityEndpoints(
                        new Locality(
                            l.getLocality().getRegion(),
                            l.getLocality().getZone(),
                            l.getLocality().getSubZone()),
                        l.getPriority(),
                        l.getLoadBalancingWeight().getValue(),
                        l.getLbEndpointsList().stream().map(EndpointCodec::endpoint).toList()))
            .toList(),
        a.getPolicy().hasOverprovisioningFactor()
            ? a.getPolicy().getOverprovisioningFactor().getValue()
            : ClusterLoadAssignment.DEFAULT_OVERPROVISIONING,
        a.getPolicy().getWeightedPriorityHealth());
  }

  private static Endpoint endpoint(LbEndpoint e) {
    Map<String, String> tags = new LinkedHashMap<>();
    Struct struct = e.getMetadata().getFilterMetadataMap().get(TAGS);
    if (struct != null) {
      struct.getFieldsMap().forEach((key, value) -> tags.put(key, value.getStringValue()));
    }
    Endpoint.Health health =
        switch (e.getHealthStatus()) {
          case UNHEALTHY, TIMEOUT -> Endpoint.Health.UNHEALTHY;
          case DRAINING -> Endpoint.Health.DRAINING;
          case DEGRADED -> Endpoint.Health.DEGRADED;
          default -> Endpoint.Health.HEALTHY;
        };
    Address address = Common.address(e.getEndpoint().getAddress());
    return new Endpoint(
        address instanceof InternalAddress internal
            ? InternalCodec.withDestination(internal, e.getMetadata())
            : address,
        e.getEndpoint().getHostname(),
        e.hasLoadBalancingWeight() ? Math.max(1, e.getLoadBalancingWeight().getValue()) : 1,
        health,
        tags,
        workload(e.getMetadata()),
        Common.balancing(e.getMetadata()));
  }

  private static Optional<Endpoint.WorkloadRef> workload(Metadata metadata) {
    Struct istio = metadata.getFilterMetadataMap().get("istio");
    if (istio == null) {
      return Optional.empty();
    }
    Value text = istio.getFieldsMap().get("workload");
    if (text == null) {
      return Optional.empty();
    }
    String[] parts = text.getStringValue().split(";", -1);
    return parts.length < 5
        ? Optional.empty()
        : Optional.of(new Endpoint.WorkloadRef(parts[0], parts[1], parts[2], parts[3], parts[4]));
  }
}
