// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.distribute;

import io.flotilla.telemetry.api.Span;
import io.smallrye.reactive.messaging.kafka.api.OutgoingKafkaRecordMetadata;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.Emitter;
import org.eclipse.microprofile.reactive.messaging.Message;
import org.eclipse.microprofile.reactive.messaging.Metadata;
import org.eclipse.microprofile.reactive.messaging.OnOverflow;

/**
 * Kafka's topic "spans": one record a trace and batch, an OTLP request in protobuf, with the trace
 * id as its key, so that all spans of a trace meet at one ingester. A bean of its own, which is
 * made only where Kafka is asked for: a process without Kafka's client must be able to do without.
 */
@Singleton
final class KafkaSpanQueue implements SpanQueue {
  private static final int TRACES_WAITING = 16_384;

  private final Emitter<byte[]> log;

  KafkaSpanQueue(
      @Channel("spans-to-log")
          @OnOverflow(value = OnOverflow.Strategy.BUFFER, bufferSize = TRACES_WAITING)
          Emitter<byte[]> log) {
    this.log = log;
  }

  @Override
  public CompletionStage<?> put(SpanBatch batch) {
    Map<String, List<Span>> byTrace = new LinkedHashMap<>();
    for (Span span : batch.spans()) {
      byTrace.computeIfAbsent(span.traceIdHex(), t -> new ArrayList<>()).add(span);
    }
    List<CompletableFuture<Void>> written = new ArrayList<>(byTrace.size());
    byTrace.forEach(
        (traceId, ofTrace) -> written.add(write(traceId, new SpanBatch(batch.tenant(), ofTrace))));
    return CompletableFuture.allOf(written.toArray(CompletableFuture[]::new));
  }

  private CompletableFuture<Void> write(String traceId, SpanBatch spans) {
    CompletableFuture<Void> written = new CompletableFuture<>();
    log.send(
        Message.of(
            SpanRecord.write(spans),
            Metadata.of(OutgoingKafkaRecordMetadata.builder().withKey(traceId).build()),
            () -> {
              written.complete(null);
              return CompletableFuture.completedFuture(null);
            },
            failure -> {
              written.completeExceptionally(failure);
              return CompletableFuture.completedFuture(null);
            }));
    return written;
  }
}
