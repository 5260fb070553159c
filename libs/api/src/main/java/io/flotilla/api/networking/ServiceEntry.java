// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import static io.flotilla.api.InvalidValueException.require;

import io.flotilla.api.schema.CustomResource;
import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.Rule;
import io.flotilla.api.schema.Rules;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Adds a service to the registry: outside the mesh, or of workloads that Kubernetes doesn't know.
 */
@CustomResource(
    value = "Adds a service to the registry.",
    shortNames = "se",
    categories = {"istio-io", "networking-istio-io"},
    columns = {
      @CustomResource.Column(
          name = "Hosts",
          path = ".spec.hosts",
          description = "The hosts of the service."),
      @CustomResource.Column(
          name = "Location",
          path = ".spec.location",
          description = "Inside or outside the mesh."),
      @CustomResource.Column(
          name = "Resolution",
          path = ".spec.resolution",
          description = "How addresses are found."),
      @CustomResource.Column(
          name = "Age",
          path = ".metadata.creationTimestamp",
          type = "date",
          description = "When the object was made.")
    })
@Rules({
  Rule.ENDPOINTS_OR_SELECTOR,
  Rule.CIDR_NEEDS_NONE_OR_STATIC,
  Rule.NONE_WITHOUT_ENDPOINTS,
  Rule.ROUND_ROBIN_HAS_ONE_ENDPOINT
})
public record ServiceEntry(
    @Field(
            value = "Its hosts, also with a leading wildcard.",
            required = true,
            minSize = 1,
            maxSize = 256,
            itemRules = Rule.HOST_NOT_WILDCARD)
        List<String> hosts,
    @Field(value = "Virtual addresses or subnets.", maxSize = 256, itemMaxLength = 64)
        List<String> addresses,
    @Field(value = "Its ports.", maxSize = 256, listKey = "name", rules = Rule.PORT_NUMBERS_DIFFER)
        List<ServicePort> ports,
    @Field("Inside or outside the mesh.") Optional<Location> location,
    @Field("How addresses are found.") Optional<Resolution> resolution,
    @Field(value = "Its workloads.", maxSize = 4096) List<WorkloadEntry> endpoints,
    @Field("Chooses workload entries and pods of its namespace.")
        Optional<Selector> workloadSelector,
    @Field("Namespaces that see it: '.', '*' or names.") List<String> exportTo,
    @Field("Names of which a server's certificate must have one.") List<String> subjectAltNames) {
  public ServiceEntry {
    Hosts.check("hosts", hosts);
    if (resolution.orElse(Resolution.NONE) == Resolution.STATIC && workloadSelector.isEmpty()) {
      require(
          !endpoints.isEmpty(),
          "endpoints",
          "resolution STATIC needs endpoints or a workloadSelector");
    }
    if (resolution.orElse(Resolution.NONE) == Resolution.DNS && endpoints.isEmpty()) {
      require(
          hosts.stream().noneMatch(host -> host.startsWith("*")),
          "hosts",
          "a host with a wildcard cannot be looked up: use resolution NONE or give endpoints");
    }
  }

  /** Inside or outside the mesh. */
  public enum Location {
    MESH_EXTERNAL,
    MESH_INTERNAL
  }

  /** How the addresses of a service are found. */
  public enum Resolution {
    NONE,
    STATIC,
    DNS,
    DNS_ROUND_ROBIN,
    DYNAMIC_DNS
  }

  /** Chooses workloads by labels. */
  public record Selector(
      @Field(
              value = "Labels that a workload must have.",
              maxSize = 256,
              itemMaxLength = 63,
              itemRules = Rule.NO_WILDCARD_IN_SELECTOR)
          Map<String, String> labels) {}

  /** A port of a service. */
  public record ServicePort(
      @Field(value = "Its number.", required = true, unsigned = true, rules = Rule.PORT) int number,
      @Field(value = "HTTP, HTTPS, GRPC, HTTP2, MONGO, TCP or TLS.", maxLength = 256)
          Optional<String> protocol,
      @Field(value = "Its name.", required = true, maxLength = 256) String name,
      @Field(
              value = "The port of the workloads; the same if absent.",
              unsigned = true,
              rules = Rule.PORT)
          Optional<Integer> targetPort) {}
}
