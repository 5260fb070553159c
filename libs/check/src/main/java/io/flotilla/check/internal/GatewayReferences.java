// SPDX-License-Identifier: Apache-2.0
package io.flotilla.check.internal;

import io.flotilla.api.Kinds;
import io.flotilla.api.Resource;
import io.flotilla.api.networking.Gateway;
import io.flotilla.check.Code;
import io.flotilla.check.Finding;
import java.util.function.Consumer;

/** What a gateway names: the proxies it is for. */
public final class GatewayReferences {
  private GatewayReferences() {}

  /** Checks all gateways. */
  public static void check(Registry registry, Consumer<Finding> found) {
    if (!registry.knowsWorkloads()) {
      return;
    }
    for (Resource<Gateway> gateway : registry.all(Kinds.GATEWAY)) {
      if (!registry.hasWorkload(gateway.spec().selector())) {
        found.accept(
            Finding.about(
                gateway,
                Code.REFERENCED_RESOURCE_NOT_FOUND,
                "Referenced selector not found: \"" + gateway.spec().selector() + "\"",
                "No gateway proxy has these labels, so nothing listens; correct the selector or"
                    + " start one."));
      }
    }
  }
}
