// SPDX-License-Identifier: Apache-2.0

/**
 * Between receivers and ingesters. Decoded spans enter; they leave on the channel "spans", which is
 * a bounded queue in memory. A receiver learns when its spans are stored, or that it must come
 * back.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.telemetry.distribute;
