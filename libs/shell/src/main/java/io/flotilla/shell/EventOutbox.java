// SPDX-License-Identifier: Apache-2.0
package io.flotilla.shell;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * Hands events to a channel without making anybody wait or fail: they go through a bounded queue
 * and a thread of its own. An event for which there is no room, or that the channel does not take
 * (nobody listens, the broker is away for long), is dropped and counted: who missed some recovers
 * from the authoritative streams.
 *
 * <p>The channel's emitter must not be injected where the events are made, as its bean cannot be
 * created while nothing is connected to the channel; a bean of its own holds it, whose method is
 * given here.
 */
public final class EventOutbox implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(EventOutbox.class);
  private static final int CAPACITY = 1024;

  private final String channel;
  private final Consumer<String> send;
  private final BlockingQueue<MeshEvent> waiting = new ArrayBlockingQueue<>(CAPACITY);
  private final AtomicLong dropped = new AtomicLong();
  private final Thread thread;

  /**
   * @param channel its name, for logs
   * @param send gives a payload to the channel; may throw
   */
  public EventOutbox(String channel, Consumer<String> send) {
    this.channel = channel;
    this.send = send;
    this.thread = Thread.ofPlatform().daemon().name("outbox " + channel).start(this::run);
  }

  /** Sends an event soon, or drops it. Never waits. */
  public void offer(MeshEvent event) {
    if (!waiting.offer(event)) {
      dropped.incrementAndGet();
    }
  }

  /** How many events were dropped. */
  public long dropped() {
    return dropped.get();
  }

  @Override
  public void close() {
    thread.interrupt();
  }

  private void run() {
    try {
      while (true) {
        deliver(waiting.take());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void deliver(MeshEvent event) {
    try {
      send.accept(event.toJson());
    } catch (RuntimeException e) {
      dropped.incrementAndGet();
      LOG.debugf(e, "event %s of %s was not sent on %s", event.type(), event.subject(), channel);
    }
  }
}
