// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate;

import io.flotilla.api.Resource;
import java.time.Instant;
import java.util.Comparator;

/** How objects are named in provenance, and which of two equals comes first. */
public final class Sources {
  /** The older first, then by name: Istio's order where two objects claim the same. */
  public static final Comparator<Resource<?>> OLDEST_FIRST =
      Comparator.<Resource<?>, Instant>comparing(
              r -> r.metadata().creationTimestamp().orElse(Instant.EPOCH))
          .thenComparing(r -> r.metadata().name())
          .thenComparing(r -> r.metadata().namespace());

  private Sources() {}

  /** "networking.istio.io/v1/VirtualService default/reviews". */
  public static String of(Resource<?> resource) {
    return resource.kind().typeUrl() + " " + resource.metadata().fullName();
  }
}
