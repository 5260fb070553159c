// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.listener;

import io.flotilla.api.Resource;
import io.flotilla.api.networking.WorkloadSelector;
import io.flotilla.api.security.PeerAuthentication;
import io.flotilla.api.security.PeerAuthentication.MutualTls.Mode;
import io.flotilla.translate.Sources;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Which mutual TLS a workload has: its own policy, its namespace's, the mesh's, the default. */
public final class PeerAuthentications {
  private PeerAuthentications() {}

  /**
   * The policy of a workload.
   *
   * @param mesh policies of the root namespace
   * @param own policies of the workload's namespace
   */
  public static MtlsPolicy of(
      Collection<Resource<PeerAuthentication>> mesh,
      Collection<Resource<PeerAuthentication>> own,
      Map<String, String> labels) {
    Optional<MtlsMode> wide =
        oldest(own, Map.of())
            .flatMap(PeerAuthentications::mode)
            .or(() -> oldest(mesh, Map.of()).flatMap(PeerAuthentications::mode));
    MtlsMode fallback = wide.orElse(MtlsMode.PERMISSIVE);
    Optional<PeerAuthentication> selected = oldest(own, labels);
    if (labels.isEmpty() || selected.isEmpty()) {
      return new MtlsPolicy(fallback, Map.of());
    }
    MtlsMode workload = mode(selected.get()).orElse(fallback);
    Map<Integer, MtlsMode> ports = new LinkedHashMap<>();
    selected
        .get()
        .portLevelMtls()
        .forEach((port, mtls) -> ports.put(port, mode(mtls.mode()).orElse(workload)));
    return new MtlsPolicy(workload, ports);
  }

  /** The oldest that selects {@code labels}, or with no labels the oldest without a selector. */
  private static Optional<PeerAuthentication> oldest(
      Collection<Resource<PeerAuthentication>> policies, Map<String, String> labels) {
    List<Resource<PeerAuthentication>> ordered = new ArrayList<>(policies);
    ordered.sort(Sources.OLDEST_FIRST);
    return ordered.stream()
        .filter(
            policy -> {
              Map<String, String> selector =
                  policy.spec().selector().map(WorkloadSelector::matchLabels).orElse(Map.of());
              return selector.isEmpty()
                  ? labels.isEmpty()
                  : labels.entrySet().containsAll(selector.entrySet());
            })
        .findFirst()
        .map(Resource::spec);
  }

  private static Optional<MtlsMode> mode(PeerAuthentication policy) {
    return mode(policy.mtls().flatMap(PeerAuthentication.MutualTls::mode));
  }

  private static Optional<MtlsMode> mode(Optional<Mode> told) {
    return switch (told.orElse(Mode.UNSET)) {
      case UNSET -> Optional.empty();
      case DISABLE -> Optional.of(MtlsMode.DISABLE);
      case PERMISSIVE -> Optional.of(MtlsMode.PERMISSIVE);
      case STRICT -> Optional.of(MtlsMode.STRICT);
    };
  }
}
