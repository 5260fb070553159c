// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.metrics;

/**
 * What is counted of a listener (Envoy documentation, "Listeners / Statistics"). Only what the
 * engine counts is here.
 */
public enum ListenerStat implements Stat {
  DOWNSTREAM_CX_TOTAL,
  DOWNSTREAM_CX_ACTIVE,
  DOWNSTREAM_CX_DESTROY,
  DOWNSTREAM_PRE_CX_TIMEOUT,
  NO_FILTER_CHAIN_MATCH,
  SSL__HANDSHAKE,
  SSL__CONNECTION_ERROR
}
