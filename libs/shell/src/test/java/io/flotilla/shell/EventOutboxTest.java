// SPDX-License-Identifier: Apache-2.0
package io.flotilla.shell;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class EventOutboxTest {
  private final BlockingQueue<String> sent = new LinkedBlockingQueue<>();

  @Test
  void sendsInOrder() throws Exception {
    try (EventOutbox outbox = new EventOutbox("test", sent::add)) {
      outbox.offer(event("a"));
      outbox.offer(event("b"));

      assertThat(List.of(next().subject(), next().subject())).containsExactly("a", "b");
      assertThat(outbox.dropped()).isZero();
    }
  }

  @Test
  void goesOnAfterAChannelThatFails() throws Exception {
    try (EventOutbox outbox =
        new EventOutbox(
            "test",
            json -> {
              if (MeshEvent.fromJson(json).subject().equals("bad")) {
                throw new IllegalStateException("nobody listens");
              }
              sent.add(json);
            })) {
      outbox.offer(event("bad"));
      outbox.offer(event("good"));

      assertThat(next().subject()).isEqualTo("good");
      assertThat(outbox.dropped()).isOne();
    }
  }

  @Test
  void neverWaitsForAChannelThatHangs() throws Exception {
    CountDownLatch hang = new CountDownLatch(1);
    try (EventOutbox outbox =
        new EventOutbox(
            "test",
            json -> {
              try {
                hang.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            })) {
      for (int i = 0; i < 3000; i++) {
        outbox.offer(event("x"));
      }

      assertThat(outbox.dropped()).isGreaterThan(1900);
    } finally {
      hang.countDown();
    }
  }

  private MeshEvent next() throws InterruptedException {
    String json = sent.poll(10, TimeUnit.SECONDS);
    assertThat(json).isNotNull();
    return MeshEvent.fromJson(json);
  }

  private static MeshEvent event(String subject) {
    return MeshEvent.of("io.flotilla.test", "/test", subject, Map.of());
  }
}
