// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import io.flotilla.api.schema.CustomResource;
import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.Rule;
import io.flotilla.api.schema.Rules;
import java.util.Map;
import java.util.Optional;

/** One workload outside Kubernetes: a virtual machine, a process. */
@CustomResource(
    value = "One workload outside Kubernetes.",
    shortNames = "we",
    categories = {"istio-io", "networking-istio-io"},
    columns = {
      @CustomResource.Column(
          name = "Age",
          path = ".metadata.creationTimestamp",
          type = "date",
          description = "When the object was made."),
      @CustomResource.Column(
          name = "Address",
          path = ".spec.address",
          description = "The address of the workload.")
    })
@Rules({Rule.ADDRESS_OR_NETWORK, Rule.UDS_WITHOUT_PORTS})
public record WorkloadEntry(
    @Field(
            value = "Its address, name or Unix socket, without a port.",
            maxLength = 256,
            rules = {Rule.UDS_ABSOLUTE, Rule.UDS_NOT_DIRECTORY})
        Optional<String> address,
    @Field(
            value = "Its ports by the names of the service's; absent: the service's own numbers.",
            unsigned = true,
            maxSize = 128,
            rules = Rule.PORT_NAMES,
            itemRules = Rule.PORT)
        Map<String, Integer> ports,
    @Field(value = "Its labels.", maxSize = 256) Map<String, String> labels,
    @Field(value = "The network it is in.", maxLength = 2048) Optional<String> network,
    @Field(value = "Where it runs, 'region/zone/subzone'.", maxLength = 2048)
        Optional<String> locality,
    @Field(value = "Its share of the traffic.", unsigned = true) Optional<Long> weight,
    @Field(value = "The service account that it runs as.", maxLength = 253)
        Optional<String> serviceAccount) {}
