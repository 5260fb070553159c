// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.distribute;

import io.flotilla.telemetry.TelemetryConfig;
import io.flotilla.telemetry.api.otlp.Decoded;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.Emitter;
import org.eclipse.microprofile.reactive.messaging.OnOverflow;
import org.jboss.logging.Logger;

/**
 * Puts received spans on the channel "spans" and waits until they are safe: in one process until
 * the ingester has stored them, with Kafka between until the broker has them.
 */
@ApplicationScoped
public class SpanDistributor {
  private static final Logger LOG = Logger.getLogger(SpanDistributor.class);
  private static final int BATCHES_WAITING = 256;

  private final SpanQueue queue;
  private final MeterRegistry metrics;
  private final Duration timeout;

  SpanDistributor(
      @Channel("spans")
          @OnOverflow(value = OnOverflow.Strategy.BUFFER, bufferSize = BATCHES_WAITING)
          Emitter<SpanBatch> spans,
      Instance<KafkaSpanQueue> log,
      MeterRegistry metrics,
      TelemetryConfig config) {
    this.queue = config.spans().kafka() ? log.get() : batch -> spans.send(new SpanBatch(batch));
    this.metrics = metrics;
    this.timeout = config.receive().timeout();
  }

  /**
   * Blocks until the spans are stored. Refused and trimmed ones are counted by receiver.
   *
   * @param receiver "otlp-grpc", "otlp-http", "zipkin"
   * @throws OverloadedException if the queue is full or the ingester too slow; the sender may retry
   */
  public void distribute(String receiver, Decoded decoded) throws OverloadedException {
    count("flotilla_telemetry_spans_refused", receiver, "invalid", decoded.refused());
    metrics
        .counter("flotilla_telemetry_spans_trimmed", "receiver", receiver)
        .increment(decoded.trimmed());
    int size = decoded.spans().size();
    if (size == 0) {
      return;
    }
    try {
      queue
          .put(decoded.spans())
          .toCompletableFuture()
          .get(timeout.toMillis(), TimeUnit.MILLISECONDS);
      metrics.counter("flotilla_telemetry_spans_received", "receiver", receiver).increment(size);
    } catch (IllegalStateException | TimeoutException e) {
      count("flotilla_telemetry_spans_refused", receiver, "overload", size);
      throw new OverloadedException();
    } catch (ExecutionException e) {
      count("flotilla_telemetry_spans_refused", receiver, "storage", size);
      LOG.errorf(e.getCause(), "a batch of %d spans could not be stored", size);
      throw new OverloadedException();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new OverloadedException();
    }
  }

  /** Counts a request that was refused as a whole. */
  public void refused(String receiver, String reason) {
    metrics
        .counter("flotilla_telemetry_requests_refused", "receiver", receiver, "reason", reason)
        .increment();
  }

  private void count(String name, String receiver, String reason, int n) {
    metrics.counter(name, "receiver", receiver, "reason", reason).increment(n);
  }
}
