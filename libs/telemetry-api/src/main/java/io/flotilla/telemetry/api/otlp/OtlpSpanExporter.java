// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api.otlp;

import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.api.SpanSink;
import io.flotilla.telemetry.api.otlp.internal.SpanWriter;
import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.KnownLength;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.collector.trace.v1.TraceServiceGrpc;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * Sends spans by OTLP over gRPC. Callers only touch a bounded lock-free queue; one virtual thread
 * takes batches from it and sends them, one after the other. A collector that is away or overloaded
 * is retried with growing pauses (OTLP specification, "OTLP/gRPC Throttling"); meanwhile the queue
 * fills, and what does not fit is dropped and counted.
 */
public final class OtlpSpanExporter implements SpanSink {

  /**
   * How spans are gathered and sent.
   *
   * @param queue spans waiting at most
   * @param batch spans of one request at most
   * @param delay after which an incomplete batch is sent
   * @param timeout of one request
   * @param retryFor how long one batch is tried before it is dropped
   * @param closing how long {@link OtlpSpanExporter#close} may take
   */
  public record Settings(
      int queue, int batch, Duration delay, Duration timeout, Duration retryFor, Duration closing) {

    /** 4096 spans waiting, 512 in a request, sent at least each second. */
    public static final Settings DEFAULT =
        new Settings(
            4096,
            512,
            Duration.ofSeconds(1),
            Duration.ofSeconds(10),
            Duration.ofMinutes(1),
            Duration.ofSeconds(3));

    public Settings {
      if (queue < 1 || batch < 1 || batch > queue) {
        throw new IllegalArgumentException(
            "a span exporter's batch must be 1 to the size of its queue, but is "
                + batch
                + " of "
                + queue);
      }
      if (!delay.isPositive() || !timeout.isPositive() || closing.isNegative()) {
        throw new IllegalArgumentException("a span exporter's durations must be positive");
      }
    }
  }

  private static final MethodDescriptor<byte[], ExportTraceServiceResponse> EXPORT =
      TraceServiceGrpc.getExportMethod().toBuilder(
              new Written(), TraceServiceGrpc.getExportMethod().getResponseMarshaller())
          .build();

  private static final long FIRST_PAUSE_MILLIS = 100;
  private static final long LONGEST_PAUSE_MILLIS = 5_000;

  private final ManagedChannel channel;
  private final Settings settings;
  private final ConcurrentLinkedQueue<Span> queue = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final LongAdder dropped = new LongAdder();
  private final LongAdder sent = new LongAdder();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread sender;
  private volatile boolean closed;
  private volatile long closeBy;

  /** Takes the channel over: {@link #close} shuts it down. */
  public OtlpSpanExporter(ManagedChannel channel, Settings settings) {
    this.channel = channel;
    this.settings = settings;
    this.sender = Thread.ofVirtual().name("otlp-span-exporter").start(this::run);
  }

  /**
   * To a collector in plaintext, with the default settings.
   *
   * @param target "host:port", or any target that gRPC resolves
   */
  public static OtlpSpanExporter to(String target) {
    return new OtlpSpanExporter(
        Grpc.newChannelBuilder(target, InsecureChannelCredentials.create()).build(),
        Settings.DEFAULT);
  }

  @Override
  public boolean offer(Span span) {
    if (closed) {
      dropped.increment();
      return false;
    }
    int size = waiting.incrementAndGet();
    if (size > settings.queue()) {
      waiting.decrementAndGet();
      dropped.increment();
      return false;
    }
    queue.add(span);
    if (size == settings.batch()) {
      LockSupport.unpark(sender);
    }
    return true;
  }

  @Override
  public long dropped() {
    return dropped.sum();
  }

  /** How many spans the collector has taken. */
  public long sent() {
    return sent.sum();
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closeBy = System.nanoTime() + settings.closing().toNanos();
    closed = true;
    closing.countDown();
    LockSupport.unpark(sender);
    try {
      if (!sender.join(settings.closing().plusMillis(200))) {
        sender.interrupt();
      }
    } catch (InterruptedException e) {
      sender.interrupt();
      Thread.currentThread().interrupt();
    }
    channel.shutdownNow();
    dropped.add(waiting.getAndSet(0));
  }

  private void run() {
    List<Span> batch = new ArrayList<>(settings.batch());
    while (true) {
      if (waiting.get() < settings.batch() && !closed) {
        LockSupport.parkNanos(settings.delay().toNanos());
      }
      boolean last = closed;
      while (fill(batch)) {
        send(batch);
        batch.clear();
      }
      if (last) {
        return;
      }
    }
  }

  private boolean fill(List<Span> batch) {
    while (batch.size() < settings.batch()) {
      Span span = queue.poll();
      if (span == null) {
        break;
      }
      waiting.decrementAndGet();
      batch.add(span);
    }
    return !batch.isEmpty();
  }

  private void send(List<Span> batch) {
    byte[] request = SpanWriter.write(batch);
    long giveUp = System.nanoTime() + settings.retryFor().toNanos();
    long pause = FIRST_PAUSE_MILLIS;
    while (true) {
      long left = (closed ? Math.min(giveUp, closeBy) : giveUp) - System.nanoTime();
      if (left <= 0) {
        dropped.add(batch.size());
        return;
      }
      try {
        ExportTraceServiceResponse response =
            ClientCalls.blockingUnaryCall(
                channel,
                EXPORT,
                CallOptions.DEFAULT.withDeadlineAfter(
                    Math.min(left, settings.timeout().toNanos()), TimeUnit.NANOSECONDS),
                request);
        long refused = Math.min(batch.size(), response.getPartialSuccess().getRejectedSpans());
        sent.add(batch.size() - refused);
        dropped.add(refused);
        return;
      } catch (StatusRuntimeException e) {
        if (!retryable(e.getStatus().getCode())) {
          dropped.add(batch.size());
          return;
        }
      }
      try {
        long jittered = pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1);
        if (closed) {
          Thread.sleep(Math.min(jittered, FIRST_PAUSE_MILLIS));
        } else if (!closing.await(jittered, TimeUnit.MILLISECONDS)) {
          pause = Math.min(LONGEST_PAUSE_MILLIS, pause * 2);
        }
      } catch (InterruptedException e) {
        dropped.add(batch.size());
        return;
      }
    }
  }

  private static boolean retryable(Status.Code code) {
    return switch (code) {
      case UNAVAILABLE,
          DEADLINE_EXCEEDED,
          CANCELLED,
          ABORTED,
          OUT_OF_RANGE,
          DATA_LOSS,
          RESOURCE_EXHAUSTED ->
          true;
      default -> false;
    };
  }

  /** A request that is bytes already. */
  private static final class Written implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new Known(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      throw new UnsupportedOperationException("nobody calls us");
    }
  }

  private static final class Known extends ByteArrayInputStream implements KnownLength {
    Known(byte[] value) {
      super(value);
    }
  }
}
