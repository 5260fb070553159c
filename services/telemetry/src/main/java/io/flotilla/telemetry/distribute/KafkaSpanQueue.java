// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.distribute;

import io.flotilla.telemetry.TelemetryConfig;
import io.flotilla.telemetry.api.Span;
import io.smallrye.reactive.messaging.ce.OutgoingCloudEventMetadata;
import io.smallrye.reactive.messaging.kafka.api.OutgoingKafkaRecordMetadata;
import jakarta.inject.Singleton;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.Emitter;
import org.eclipse.microprofile.reactive.messaging.Message;
import org.eclipse.microprofile.reactive.messaging.Metadata;
import org.eclipse.microprofile.reactive.messaging.OnOverflow;

/**
 * Kafka's topic "spans": one record a trace and batch, an OTLP request in protobuf as the data of a
 * CloudEvent in binary mode, with the trace id as its key, so that all spans of a trace meet at one
 * ingester. A bean of its own, which is made only where Kafka is asked for: a process without
 * Kafka's client must be able to do without.
 *
 * <p>Spans are safe once the broker has them. A broker that takes longer than {@link #PATIENCE} is
 * away: then they wait here, bounded in bytes, and nobody waits with them. What does not fit is
 * refused, so that whoever sends it keeps it for a while.
 */
@Singleton
final class KafkaSpanQueue implements SpanQueue {
  private static final int TRACES_WAITING = 4_096;
  private static final Duration PATIENCE = Duration.ofMillis(250);
  private static final String TYPE = "io.flotilla.span.received";
  private static final URI SOURCE = URI.create("/telemetry");

  private final Emitter<byte[]> log;
  private final AtomicLong waiting = new AtomicLong();
  private final long mostWaiting;

  KafkaSpanQueue(
      @Channel("spans-to-log")
          @OnOverflow(value = OnOverflow.Strategy.BUFFER, bufferSize = TRACES_WAITING)
          Emitter<byte[]> log,
      TelemetryConfig config) {
    this.log = log;
    this.mostWaiting = config.spans().waitingBytes();
  }

  @Override
  public CompletionStage<?> put(SpanBatch batch) {
    Map<String, List<Span>> byTrace = new LinkedHashMap<>();
    for (Span span : batch.spans()) {
      byTrace.computeIfAbsent(span.traceIdHex(), t -> new ArrayList<>()).add(span);
    }
    Map<String, byte[]> records = new LinkedHashMap<>();
    byTrace.forEach(
        (traceId, ofTrace) ->
            records.put(traceId, SpanRecord.write(new SpanBatch(batch.tenant(), ofTrace))));
    long bytes = records.values().stream().mapToLong(record -> record.length).sum();
    if (waiting.get() + bytes > mostWaiting) {
      throw new IllegalStateException("there is no room for spans that wait for Kafka");
    }
    List<CompletableFuture<Void>> written = new ArrayList<>(records.size());
    records.forEach((traceId, record) -> written.add(write(traceId, record)));
    return CompletableFuture.allOf(written.toArray(CompletableFuture[]::new))
        .completeOnTimeout(null, PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
  }

  private CompletableFuture<Void> write(String traceId, byte[] record) {
    CompletableFuture<Void> written = new CompletableFuture<>();
    waiting.addAndGet(record.length);
    written.whenComplete((done, failure) -> waiting.addAndGet(-record.length));
    try {
      log.send(
          Message.of(
              record,
              Metadata.of(
                  OutgoingKafkaRecordMetadata.builder().withKey(traceId).build(), event(traceId)),
              () -> {
                written.complete(null);
                return CompletableFuture.completedFuture(null);
              },
              failure -> {
                written.completeExceptionally(failure);
                return CompletableFuture.completedFuture(null);
              }));
    } catch (IllegalStateException e) {
      written.completeExceptionally(e);
      throw e;
    }
    return written;
  }

  private static OutgoingCloudEventMetadata<byte[]> event(String traceId) {
    return OutgoingCloudEventMetadata.<byte[]>builder()
        .withId(UUID.randomUUID().toString())
        .withType(TYPE)
        .withSource(SOURCE)
        .withSubject(traceId)
        .withDataContentType("application/x-protobuf")
        .build();
  }
}
