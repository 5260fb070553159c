// SPDX-License-Identifier: Apache-2.0
package io.flotilla.shell.kafka;

import io.flotilla.shell.MeshEvent;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerInterceptor;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.jspecify.annotations.Nullable;

/**
 * Marks each record as a CloudEvent in structured mode, as the Kafka protocol binding for
 * CloudEvents asks for (1.0.2, section 3.3). Kafka's client makes it, by its name in the channel's
 * settings, so that a process without Kafka never loads it.
 */
public final class StructuredEvents implements ProducerInterceptor<Object, Object> {
  private static final String HEADER = "content-type";
  private static final byte[] VALUE =
      (MeshEvent.CONTENT_TYPE + "; charset=UTF-8").getBytes(StandardCharsets.US_ASCII);

  @Override
  public ProducerRecord<Object, Object> onSend(ProducerRecord<Object, Object> event) {
    event.headers().remove(HEADER).add(HEADER, VALUE);
    return event;
  }

  @Override
  public void onAcknowledgement(@Nullable RecordMetadata metadata, @Nullable Exception failure) {}

  @Override
  public void configure(Map<String, ?> settings) {}

  @Override
  public void close() {}
}
