// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.policy;

import io.flotilla.api.security.PolicyTarget;
import java.util.List;
import java.util.Map;

/** Which workloads a policy is for. */
final class PolicySelection {
  private static final String GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name";
  private static final String GATEWAY_GROUP = "gateway.networking.k8s.io";

  private PolicySelection() {}

  /**
   * Whether a policy is for the workload of these labels: by its selector, where an empty one takes
   * all, or by the Gateway that the workload serves.
   */
  static boolean selects(
      Map<String, String> selector, List<PolicyTarget> targets, Map<String, String> labels) {
    if (targets.isEmpty()) {
      return labels.entrySet().containsAll(selector.entrySet());
    }
    String gateway = labels.get(GATEWAY_NAME);
    return gateway != null
        && targets.stream()
            .anyMatch(
                t ->
                    t.kind().equals("Gateway")
                        && t.group().orElse("").equals(GATEWAY_GROUP)
                        && t.name().equals(gateway));
  }
}
