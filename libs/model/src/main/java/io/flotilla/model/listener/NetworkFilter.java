// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.listener;

/** Works on a connection before its terminal filter. */
public sealed interface NetworkFilter {

  /** Learns who the peer is (istio.metadata_exchange): by ALPN "istio-peer-exchange" on TCP. */
  record PeerExchange() implements NetworkFilter {}

  /** Istio's standard TCP metrics (istio.stats). */
  record Stats(IstioStats config) implements NetworkFilter {}
}
