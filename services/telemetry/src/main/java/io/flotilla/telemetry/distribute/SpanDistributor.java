// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.distribute;

import io.flotilla.telemetry.TelemetryConfig;
import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.api.otlp.Decoded;
import io.flotilla.telemetry.process.SpanProcessors;
import io.flotilla.telemetry.store.TraceStores;
import io.flotilla.telemetry.tenant.SpanRate;
import io.flotilla.telemetry.tenant.Tenant;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
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
  private final UnaryOperator<List<Span>> processors;
  private final MeterRegistry metrics;
  private final Duration timeout;
  private final SpanRate rate;
  private final Predicate<Tenant> mayKeep;
  private final int maxWaiting;
  private final AtomicInteger waiting = new AtomicInteger();

  @Inject
  SpanDistributor(
      @Channel("spans")
          @OnOverflow(value = OnOverflow.Strategy.BUFFER, bufferSize = BATCHES_WAITING)
          Emitter<SpanBatch> spans,
      Instance<KafkaSpanQueue> log,
      MeterRegistry metrics,
      SpanRate rate,
      TraceStores stores,
      SpanProcessors processors,
      TelemetryConfig config) {
    this(
        config.spans().kafka() ? log.get() : spans::send,
        processors::process,
        stores::mayKeep,
        rate,
        metrics,
        config.receive().timeout(),
        config.receive().maxWaitingSpans());
  }

  SpanDistributor(
      SpanQueue queue,
      UnaryOperator<List<Span>> processors,
      Predicate<Tenant> mayKeep,
      SpanRate rate,
      MeterRegistry metrics,
      Duration timeout,
      int maxWaiting) {
    this.queue = queue;
    this.processors = processors;
    this.mayKeep = mayKeep;
    this.rate = rate;
    this.metrics = metrics;
    this.timeout = timeout;
    this.maxWaiting = maxWaiting;
    Gauge.builder("flotilla_telemetry_spans_waiting", waiting, AtomicInteger::get)
        .register(metrics);
  }

  /**
   * Blocks until the spans are stored. Refused and trimmed ones are counted by receiver.
   *
   * @param receiver "otlp-grpc", "otlp-http", "zipkin", "jaeger-grpc", ...
   * @throws RefusedException if they cannot be taken now; the sender may retry
   */
  public void distribute(String receiver, Tenant tenant, Decoded decoded) throws RefusedException {
    count("flotilla_telemetry_spans_refused", receiver, "invalid", decoded.refused());
    metrics
        .counter("flotilla_telemetry_spans_trimmed", "receiver", receiver)
        .increment(decoded.trimmed());
    int size = decoded.spans().size();
    if (size == 0) {
      return;
    }
    try {
      put(tenant, decoded.spans());
      metrics.counter("flotilla_telemetry_spans_received", "receiver", receiver).increment(size);
    } catch (RefusedException e) {
      count("flotilla_telemetry_spans_refused", receiver, e.reason().label(), size);
      throw e;
    }
  }

  private void put(Tenant tenant, List<Span> received) throws RefusedException {
    if (!mayKeep.test(tenant)) {
      throw new RefusedException(RefusedException.Reason.TENANTS);
    }
    if (!rate.take(tenant, received.size())) {
      throw new RefusedException(RefusedException.Reason.RATE);
    }
    List<Span> spans = processors.apply(received);
    int size = spans.size();
    if (size == 0) {
      return;
    }
    if (!admit(size)) {
      throw new RefusedException(RefusedException.Reason.OVERLOAD);
    }
    CompletableFuture<?> stored;
    try {
      stored = queue.put(new SpanBatch(tenant, spans)).toCompletableFuture();
    } catch (IllegalStateException e) {
      waiting.addAndGet(-size);
      throw new RefusedException(RefusedException.Reason.OVERLOAD);
    }
    // A sender that waits no longer does not make its spans lighter: they count until they are
    // done.
    stored.whenComplete((done, failure) -> waiting.addAndGet(-size));
    try {
      stored.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new RefusedException(RefusedException.Reason.STORAGE);
    } catch (ExecutionException e) {
      LOG.errorf(e.getCause(), "a batch of %d spans could not be stored", size);
      throw new RefusedException(RefusedException.Reason.STORAGE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RefusedException(RefusedException.Reason.STORAGE);
    }
  }

  /** A batch larger than the bound is taken alone, so that the bound can never stop everything. */
  private boolean admit(int size) {
    for (int now = waiting.get(); ; now = waiting.get()) {
      if (now > 0 && now + size > maxWaiting) {
        return false;
      }
      if (waiting.compareAndSet(now, now + size)) {
        return true;
      }
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
