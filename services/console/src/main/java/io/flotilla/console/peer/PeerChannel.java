// SPDX-License-Identifier: Apache-2.0
package io.flotilla.console.peer;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** One service that is asked, and how its silence is explained. */
final class PeerChannel implements AutoCloseable {
  private static final int LARGEST_ANSWER = 16 << 20;

  private final String name;
  private final String key;
  private final String target;
  private final Duration deadline;
  private final ManagedChannel channel;

  /**
   * @param name for sentences, "Telemetry"
   * @param key the setting that holds {@code target}
   */
  PeerChannel(String name, String key, String target, Duration deadline) {
    this.name = name;
    this.key = key;
    this.target = target;
    this.deadline = deadline;
    if (!target.matches("(\\[[0-9a-fA-F:.]+]|[^\\s:/\\[\\]]+):\\d{1,5}")) {
      throw new IllegalArgumentException(key + " must be host:port, but is '" + target + "'");
    }
    this.channel =
        ManagedChannelBuilder.forTarget("dns:///" + target)
            .usePlaintext()
            .maxInboundMessageSize(LARGEST_ANSWER)
            .build();
  }

  /** Before each call: a service that came back is heard at once, not after gRPC's back-off. */
  ManagedChannel awake() {
    if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
      channel.resetConnectBackoff();
    }
    return channel;
  }

  /** Calls, and turns a failure into a sentence. */
  <T> Answer<T> ask(Function<Long, T> call) {
    try {
      return new Answer.Given<>(call.apply(deadline.toMillis()));
    } catch (StatusRuntimeException e) {
      return new Answer.Missing<>(sentence(e.getStatus()));
    }
  }

  private String sentence(Status status) {
    String said = status.getDescription() == null ? "" : ": " + shortened(status.getDescription());
    return switch (status.getCode()) {
      case UNAVAILABLE ->
          isOurs(status)
              ? name + " says that it is unavailable" + said
              : name + " does not answer at " + target + ": start it, or set " + key + ".";
      case DEADLINE_EXCEEDED ->
          name
              + " at "
              + target
              + " did not answer within "
              + deadline.toMillis()
              + " ms: see whether it is overloaded, or raise flotilla.console.deadline.";
      case UNIMPLEMENTED -> somethingElse();
      default ->
          // A plain web server answers with an HTTP status, or not in HTTP/2 at all.
          said.startsWith(": HTTP status") || said.startsWith(": http2 exception")
              ? somethingElse()
              : name + " at " + target + " refused (" + status.getCode() + ")" + said;
    };
  }

  private String somethingElse() {
    return "What answers at " + target + " is not " + name + ": set " + key + " to its gRPC port.";
  }

  /** A status that the service sent has no cause on this side. */
  private static boolean isOurs(Status status) {
    String said = status.getDescription();
    return status.getCause() == null
        && said != null
        && !said.startsWith("Network closed")
        && !said.startsWith("Unable to resolve")
        && !said.startsWith("HTTP status")
        && !said.startsWith("http2 exception")
        && !said.startsWith("io exception")
        && !said.startsWith("Connection closed")
        && !said.startsWith("Channel shutdown");
  }

  private static String shortened(String text) {
    return text.length() <= 300 ? text : text.substring(0, 300) + "...";
  }

  String target() {
    return target;
  }

  @Override
  public void close() {
    channel.shutdownNow();
    try {
      if (!channel.awaitTermination(2, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the connection to " + target + " does not close");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
