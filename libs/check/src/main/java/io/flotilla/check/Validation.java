// SPDX-License-Identifier: Apache-2.0
package io.flotilla.check;

import io.flotilla.api.Resource;
import io.flotilla.check.internal.DestinationRuleReferences;
import io.flotilla.check.internal.GatewayReferences;
import io.flotilla.check.internal.Registry;
import io.flotilla.check.internal.RouteReferences;
import io.flotilla.check.internal.SharedHosts;
import io.flotilla.check.internal.VirtualServiceReferences;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Looks at a whole configuration for what no document shows alone: references that lead nowhere,
 * hosts that two objects claim. Such objects stay in force: what they miss may come later.
 */
public final class Validation {
  private static final Comparator<Finding> BY_PLACE =
      Comparator.comparing((Finding finding) -> finding.origin().file())
          .thenComparing(finding -> finding.origin().line())
          .thenComparing(Finding::code)
          .thenComparing(Finding::message);

  private Validation() {}

  /** All findings on the resources in force, by file and line. */
  public static List<Finding> analyze(Collection<Resource<?>> resources) {
    Registry registry = new Registry(resources);
    List<Finding> findings = new ArrayList<>();
    VirtualServiceReferences.check(registry, findings::add);
    DestinationRuleReferences.check(registry, findings::add);
    GatewayReferences.check(registry, findings::add);
    RouteReferences.check(registry, findings::add);
    SharedHosts.check(registry, findings::add);
    findings.sort(BY_PLACE);
    return List.copyOf(findings);
  }
}
