// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import static io.flotilla.api.InvalidValueException.require;

import io.flotilla.api.schema.CustomResource;
import io.flotilla.api.schema.Field;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What applies to traffic after it was routed: balancing, pools, outliers, TLS, subsets. */
@CustomResource(
    value = "What applies to traffic after it was routed.",
    shortNames = "dr",
    categories = {"istio-io", "networking-istio-io"},
    columns = {
      @CustomResource.Column(
          name = "Host",
          path = ".spec.host",
          description = "The service whose traffic it is for."),
      @CustomResource.Column(
          name = "Age",
          path = ".metadata.creationTimestamp",
          type = "date",
          description = "When the object was made.")
    })
public record DestinationRule(
    @Field(value = "Name of a service of the registry, also with a wildcard.", required = true)
        String host,
    @Field("What applies to all subsets and ports.") Optional<TrafficPolicy> trafficPolicy,
    @Field("Named sets of the service's workloads.") List<Subset> subsets,
    @Field("Namespaces that see it: '.', '*' or names.") List<String> exportTo,
    @Field("The calling workloads it applies to; absent: all.")
        Optional<WorkloadSelector> workloadSelector) {
  public DestinationRule {
    Hosts.check("host", host);
    require(
        subsets.stream().map(Subset::name).distinct().count() == subsets.size(),
        "subsets",
        "two subsets have the same name: rename one");
  }

  /** A named set of a service's workloads. */
  public record Subset(
      @Field(value = "Its name, for routes.", required = true) String name,
      @Field("The labels that its workloads have.") Map<String, String> labels,
      @Field("What applies to it; overrides the rule's own.")
          Optional<TrafficPolicy> trafficPolicy) {
    public Subset {
      require(
          name.matches("[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?") && name.length() <= 63,
          "name",
          "'" + name + "' is not the name of a subset: use letters, digits and '-', at most 63");
    }
  }
}
