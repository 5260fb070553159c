// SPDX-License-Identifier: Apache-2.0

/**
 * Traces on the local disk. Batches enter a write-ahead log and a head in memory; full heads become
 * immutable columnar blocks, which are merged by levels and leave by age and size. What was
 * acknowledged is found again after the process was killed at any moment: a file is either whole
 * and named by its final name, or not looked at.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.telemetry.store.block;
