// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.distribute;

import io.flotilla.telemetry.TelemetryConfig;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.concurrent.Semaphore;

/**
 * How many bytes of requests are decoded and stored at a time: as objects they take many times
 * their size, so that a few large requests at once could fill the heap although each of them may
 * be.
 */
@ApplicationScoped
public class DecodingRoom {
  // Small attributes take an order of magnitude more as objects than on the wire.
  private static final int HEAP_SHARE = 24;

  private final Semaphore bytes;
  private final int limit;
  private final MeterRegistry metrics;

  /** A place that is given back. */
  public interface Place extends AutoCloseable {
    @Override
    void close();
  }

  @Inject
  DecodingRoom(TelemetryConfig config, MeterRegistry metrics) {
    this(
        (int)
            Math.clamp(
                Runtime.getRuntime().maxMemory() / HEAP_SHARE,
                config.receive().maxBytes(),
                Integer.MAX_VALUE),
        metrics);
  }

  DecodingRoom(int limit, MeterRegistry metrics) {
    this.limit = limit;
    this.bytes = new Semaphore(limit);
    this.metrics = metrics;
  }

  /**
   * Takes a place until the request is answered.
   *
   * @param receiver "otlp-http", "zipkin", ...
   * @param size of the request in bytes; what is packed counts as what it may unpack to
   * @throws RefusedException if there is none now; the sender may retry
   */
  public Place take(String receiver, int size) throws RefusedException {
    int weight = Math.clamp(size, 1, limit);
    if (!bytes.tryAcquire(weight)) {
      metrics
          .counter(
              "flotilla_telemetry_requests_refused", "receiver", receiver, "reason", "overload")
          .increment();
      throw new RefusedException(RefusedException.Reason.DECODING);
    }
    return () -> bytes.release(weight);
  }
}
