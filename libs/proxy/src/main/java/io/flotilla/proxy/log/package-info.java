// SPDX-License-Identifier: Apache-2.0

/**
 * Access logs: Envoy's command operators (Envoy documentation, "Access logging") are parsed once
 * into a {@link io.flotilla.proxy.log.LogFormat}; what it writes of a finished exchange goes to
 * files by a bounded queue and a thread of its own. Header edits take their values from the same
 * operators.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.proxy.log;
