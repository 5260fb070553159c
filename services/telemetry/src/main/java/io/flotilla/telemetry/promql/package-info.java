// SPDX-License-Identifier: Apache-2.0

/**
 * The part of PromQL that meshes' consoles and dashboards ask. Text enters, is parsed into an
 * expression or refused by the name of what is not supported, and is evaluated over a source of
 * series by Prometheus' rules (prometheus/prometheus 2.42, promql/).
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.telemetry.promql;
