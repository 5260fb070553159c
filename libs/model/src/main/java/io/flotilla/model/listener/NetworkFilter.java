// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.listener;

import io.flotilla.model.match.MetadataMatch;
import io.flotilla.model.policy.GrpcService;
import io.flotilla.model.policy.Rbac;
import io.flotilla.model.policy.TokenBucket;
import java.util.Optional;

/** Works on a connection before its terminal filter. */
public sealed interface NetworkFilter {

  /** Learns who the peer is (istio.metadata_exchange): by ALPN "istio-peer-exchange" on TCP. */
  record PeerExchange() implements NetworkFilter {}

  /**
   * Lets connections pass or closes them.
   *
   * @param statPrefix "tcp."
   */
  record AccessControl(Rbac rbac, String statPrefix) implements NetworkFilter {}

  /**
   * Asks a service whether a connection may be used (Envoy: network.ext_authz.v3.ExtAuthz).
   *
   * @param statPrefix "tcp."
   * @param allowOnError without an answer the connection may be used
   * @param when what must have been noted for the service to be asked; empty: it always is
   */
  record Authorization(
      GrpcService service,
      String statPrefix,
      boolean allowOnError,
      boolean peerCertificate,
      boolean tlsSession,
      Optional<MetadataMatch> when)
      implements NetworkFilter {}

  /**
   * Closes connections beyond what this proxy lets pass (Envoy:
   * network.local_ratelimit.v3.LocalRateLimit).
   *
   * @param shareKey chains with the same key share a bucket; empty: they do not
   */
  record LocalRate(String statPrefix, TokenBucket bucket, boolean enabled, String shareKey)
      implements NetworkFilter {}

  /** Istio's standard TCP metrics (istio.stats). */
  record Stats(IstioStats config) implements NetworkFilter {}
}
