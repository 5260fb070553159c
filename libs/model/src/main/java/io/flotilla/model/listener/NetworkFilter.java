// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.listener;

import io.flotilla.model.policy.Rbac;

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

  /** Istio's standard TCP metrics (istio.stats). */
  record Stats(IstioStats config) implements NetworkFilter {}
}
