// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.distribute;

import java.util.concurrent.CompletionStage;

/** What lies between receivers and ingesters. */
interface SpanQueue {

  /**
   * Hands the spans over without waiting.
   *
   * @return done when the spans are safe: stored, or in a log that outlives this process
   * @throws IllegalStateException if the queue is full
   */
  CompletionStage<?> put(SpanBatch batch);
}
