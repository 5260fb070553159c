// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.metrics;

import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.proxy.api.PeerIdentity;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Peers as they were seen before, so that each is worked out once and not once a request, and so
 * that the same peer is the same object. Bounded; used on one event loop.
 */
public final class KnownPeers {
  private static final int MAX = 1024;

  private final Map<String, Optional<PeerIdentity>> said = new HashMap<>();
  private final Map<Endpoint.WorkloadRef, PeerIdentity> workloads = new IdentityHashMap<>();
  private final Map<PeerIdentity, Map<String, PeerIdentity>> proven = new IdentityHashMap<>();

  /** Who the header of {@link PeerHeaders} says; empty when it is malformed. */
  public Optional<PeerIdentity> said(String header) {
    Optional<PeerIdentity> known = said.get(header);
    if (known == null) {
      known = PeerHeaders.decode(header);
      bounded(said).put(header, known);
    }
    return known;
  }

  /** What the configuration says of the workload behind an endpoint. */
  public PeerIdentity of(Endpoint.WorkloadRef workload) {
    PeerIdentity known = workloads.get(workload);
    if (known == null) {
      known = PeerIdentity.of(workload);
      bounded(workloads).put(workload, known);
    }
    return known;
  }

  /** The peer under the principal of its certificate. */
  public PeerIdentity proven(PeerIdentity peer, String principal) {
    Map<String, PeerIdentity> under = proven.get(peer);
    if (under == null) {
      under = new HashMap<>();
      bounded(proven).put(peer, under);
    }
    PeerIdentity known = under.get(principal);
    if (known == null) {
      known = peer.withPrincipal(principal);
      bounded(under).put(principal, known);
    }
    return known;
  }

  private static <K, V> Map<K, V> bounded(Map<K, V> map) {
    if (map.size() >= MAX) {
      map.clear();
    }
    return map;
  }
}
