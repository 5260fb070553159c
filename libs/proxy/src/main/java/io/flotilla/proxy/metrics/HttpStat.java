// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.metrics;

/**
 * What is counted of an HTTP connection manager (Envoy documentation, "HTTP connection manager /
 * Statistics" and "Router / Statistics"). Only what the engine counts is here.
 */
public enum HttpStat implements Stat {
  DOWNSTREAM_CX_TOTAL,
  DOWNSTREAM_CX_ACTIVE,
  DOWNSTREAM_CX_DESTROY,
  DOWNSTREAM_CX_HTTP1_TOTAL,
  DOWNSTREAM_CX_HTTP1_ACTIVE,
  DOWNSTREAM_CX_HTTP2_TOTAL,
  DOWNSTREAM_CX_HTTP2_ACTIVE,
  DOWNSTREAM_CX_SSL_TOTAL,
  DOWNSTREAM_CX_SSL_ACTIVE,
  DOWNSTREAM_RQ_TOTAL,
  DOWNSTREAM_RQ_ACTIVE,
  DOWNSTREAM_RQ_HTTP1_TOTAL,
  DOWNSTREAM_RQ_HTTP2_TOTAL,
  NO_ROUTE,
  NO_CLUSTER,
  RQ_TOTAL,
  RQ_DIRECT_RESPONSE,
  RQ_REDIRECT
}
