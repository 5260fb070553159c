// SPDX-License-Identifier: Apache-2.0
/**
 * Istio's standard metrics and who they are about. Counted on the event loop, written as
 * Prometheus' text.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.proxy.metrics;
