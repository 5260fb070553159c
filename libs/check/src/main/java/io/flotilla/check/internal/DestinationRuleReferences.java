// SPDX-License-Identifier: Apache-2.0
package io.flotilla.check.internal;

import io.flotilla.api.Kinds;
import io.flotilla.api.Resource;
import io.flotilla.api.networking.DestinationRule;
import io.flotilla.check.Code;
import io.flotilla.check.Finding;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** What a destination rule names: its host, and the workloads of its subsets. */
public final class DestinationRuleReferences {
  private DestinationRuleReferences() {}

  /** Checks all destination rules. */
  public static void check(Registry registry, Consumer<Finding> found) {
    for (Resource<DestinationRule> rule : registry.all(Kinds.DESTINATION_RULE)) {
      String host = Registry.qualified(rule.spec().host(), rule.metadata().namespace());
      if (host.startsWith("*")) {
        continue;
      }
      if (!registry.hasHost(host)) {
        found.accept(
            Finding.about(
                rule,
                Code.UNKNOWN_DESTINATION_RULE_HOST,
                "Unknown host \"" + rule.spec().host() + "\" in destination rule",
                "The rule has no effect until a Service or ServiceEntry '" + host + "' is there."));
        continue;
      }
      checkSubsets(registry, rule, host, found);
    }
  }

  private static void checkSubsets(
      Registry registry, Resource<DestinationRule> rule, String host, Consumer<Finding> found) {
    List<Map<String, String>> workloads = registry.workloadsOf(host);
    if (workloads.isEmpty()) {
      return;
    }
    for (DestinationRule.Subset subset : rule.spec().subsets()) {
      boolean selects =
          workloads.stream()
              .anyMatch(labels -> labels.entrySet().containsAll(subset.labels().entrySet()));
      if (!selects) {
        found.accept(
            Finding.about(
                rule,
                Code.SUBSET_SELECTS_NO_WORKLOADS,
                "Destination Rule "
                    + rule.metadata().fullName()
                    + " subset "
                    + subset.name()
                    + " does not select any pods",
                "No workload of '" + host + "' has the labels " + subset.labels() + "."));
      }
    }
  }
}
