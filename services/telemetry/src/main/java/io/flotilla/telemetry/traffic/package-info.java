// SPDX-License-Identifier: Apache-2.0

/**
 * The traffic graph. Istio's standard metrics are asked by PromQL, of the embedded window or of a
 * Prometheus server, and become edges between workloads: rates, errors, latency, mutual TLS.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.telemetry.traffic;
