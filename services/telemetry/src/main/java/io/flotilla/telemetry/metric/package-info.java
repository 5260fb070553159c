// SPDX-License-Identifier: Apache-2.0

/**
 * A window over metrics in memory. The samples of one scrape after the other enter, by target;
 * slices of the series that match leave, with Prometheus' rules for what has become stale.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.telemetry.metric;
