// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.distribute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.flotilla.telemetry.ConfigFixture;
import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.tenant.Tenant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.reactive.messaging.Emitter;
import org.eclipse.microprofile.reactive.messaging.Message;
import org.junit.jupiter.api.Test;

class KafkaSpanQueueTest {
  private final List<Message<?>> sent = new ArrayList<>();

  /** Takes all and tells nothing, as a broker that is away does. */
  private final Emitter<byte[]> silent =
      new Emitter<>() {
        @Override
        public CompletionStage<Void> send(byte[] payload) {
          throw new UnsupportedOperationException();
        }

        @Override
        public <M extends Message<? extends byte[]>> void send(M message) {
          sent.add(message);
        }

        @Override
        public void complete() {}

        @Override
        public void error(Exception e) {}

        @Override
        public boolean isCancelled() {
          return false;
        }

        @Override
        public boolean hasRequests() {
          return true;
        }
      };

  private final SpanQueue queue =
      new KafkaSpanQueue(
          silent, ConfigFixture.of(Map.of("flotilla.telemetry.spans.waiting-bytes", "500")));

  @Test
  void makesOneRecordOfATrace() {
    put(SpanFixture.span(1, 1), SpanFixture.span(1, 2), SpanFixture.span(2, 3));

    assertThat(sent).hasSize(2);
  }

  @Test
  void letsNobodyWaitForABrokerThatIsAway() throws Exception {
    put(SpanFixture.span(1, 1)).toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  @Test
  void refusesWhatHasNoRoomUntilTheBrokerHasTakenSome() throws Exception {
    int waiting = 0;
    while (waiting < 100 && fits(waiting + 1)) {
      waiting++;
    }
    assertThat(waiting).as("spans for which there was room").isBetween(1, 50);
    assertThatIllegalStateException().isThrownBy(() -> put(SpanFixture.span(9, 9)));

    sent.getFirst().ack().toCompletableFuture().get(10, TimeUnit.SECONDS);

    put(SpanFixture.span(9, 9));
  }

  private CompletionStage<?> put(Span... spans) {
    return queue.put(new SpanBatch(Tenant.SINGLE, List.of(spans)));
  }

  private boolean fits(int id) {
    try {
      put(SpanFixture.span(id, id));
      return true;
    } catch (IllegalStateException e) {
      return false;
    }
  }
}
