// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.security;

import io.flotilla.api.networking.WorkloadSelector;
import io.flotilla.api.schema.CustomResource;
import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.Rule;
import io.flotilla.api.schema.Rules;
import java.util.Map;
import java.util.Optional;

/** Whether callers of a workload must use mutual TLS. */
@CustomResource(
    value = "Whether callers of a workload must use mutual TLS.",
    shortNames = "pa",
    categories = {"istio-io", "security-istio-io"},
    labels = {"istio=security"},
    columns = {
      @CustomResource.Column(
          name = "Mode",
          path = ".spec.mtls.mode",
          description = "Whether mutual TLS is demanded."),
      @CustomResource.Column(
          name = "Age",
          path = ".metadata.creationTimestamp",
          type = "date",
          description = "When the object was made.")
    })
@Rules(Rule.PORT_LEVEL_NEEDS_SELECTOR)
public record PeerAuthentication(
    @Field("The workloads it is for; absent: all of the namespace.")
        Optional<WorkloadSelector> selector,
    @Field("What applies to all ports; absent: what the namespace or the mesh says.")
        Optional<MutualTls> mtls,
    @Field(
            value = "What applies to single ports of the workload.",
            minSize = 1,
            rules = Rule.PORT_KEYS)
        Map<Integer, MutualTls> portLevelMtls) {

  /** How mutual TLS is handled. */
  public record MutualTls(
      @Field("Whether it is demanded; UNSET: as the next wider policy says.") Optional<Mode> mode) {

    /** Whether mutual TLS is demanded. */
    public enum Mode {
      UNSET,
      DISABLE,
      PERMISSIVE,
      STRICT
    }
  }
}
