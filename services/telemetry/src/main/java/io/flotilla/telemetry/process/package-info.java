// SPDX-License-Identifier: Apache-2.0

/**
 * What happens to spans between receivers and the queue. Decoded spans enter; those that are wanted
 * leave, without what must not be kept.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.telemetry.process;
