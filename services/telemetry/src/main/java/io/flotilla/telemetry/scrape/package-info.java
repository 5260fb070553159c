// SPDX-License-Identifier: Apache-2.0

/**
 * Fetches the proxies' metrics. Targets come from the configuration or from a file in Prometheus'
 * file_sd form; each is asked in turn on a virtual thread of its own, its answer is parsed under
 * bounds, and the samples go into the window. A target that fails is named with the reason.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.telemetry.scrape;
