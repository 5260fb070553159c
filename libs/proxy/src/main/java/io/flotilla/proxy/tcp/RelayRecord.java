// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.tcp;

import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.format.Operator;
import io.flotilla.proxy.internal.Downstream;
import io.flotilla.proxy.log.AccessLogs;
import io.flotilla.proxy.log.ConnectionFacts;
import io.flotilla.proxy.log.LogSource;
import io.flotilla.proxy.log.ResponseFlags;
import io.flotilla.proxy.upstream.Host;
import io.netty.channel.Channel;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What access logs are told of a byte stream. */
final class RelayRecord implements LogSource {
  private final Downstream downstream;
  private final Instant start = Instant.now();
  private final long startNanos = System.nanoTime();
  private @Nullable Cluster cluster;
  private @Nullable Host host;
  private @Nullable Channel upstream;
  private String failure = "";
  private Set<String> flags = Set.of();
  private long received;
  private long sent;

  RelayRecord(Downstream downstream) {
    this.downstream = downstream;
  }

  void cluster(Cluster itsCluster) {
    cluster = itsCluster;
  }

  void host(Host itsHost) {
    host = itsHost;
  }

  void upstream(Channel channel) {
    upstream = channel;
  }

  void failed(Set<String> itsFlags, String reason) {
    flags = itsFlags;
    failure = reason;
  }

  /** The stream is over. */
  void end(AccessLogs.Plan logs, long bytesReceived, long bytesSent) {
    received = bytesReceived;
    sent = bytesSent;
    logs.write(this);
  }

  @Override
  public Instant start() {
    return start;
  }

  @Override
  public Set<String> responseFlags() {
    return flags;
  }

  @Override
  public @Nullable Object value(Operator operator) {
    return switch (operator) {
      case RESPONSE_CODE,
          REQUEST_HEADERS_BYTES,
          RESPONSE_HEADERS_BYTES,
          RESPONSE_TRAILERS_BYTES,
          ROUTE_RESOLUTION_COUNT ->
          0;
      case RESPONSE_FLAGS -> ResponseFlags.text(flags);
      case RESPONSE_FLAGS_LONG -> ResponseFlags.longText(flags);
      case DURATION -> (System.nanoTime() - startNanos) / 1_000_000;
      case BYTES_RECEIVED, DOWNSTREAM_WIRE_BYTES_RECEIVED -> received;
      case UPSTREAM_WIRE_BYTES_SENT -> upstream == null ? 0L : received;
      case BYTES_SENT, DOWNSTREAM_WIRE_BYTES_SENT -> sent;
      case UPSTREAM_WIRE_BYTES_RECEIVED -> sent;
      case DOWNSTREAM_HEADER_BYTES_RECEIVED,
          DOWNSTREAM_HEADER_BYTES_SENT,
          DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED,
          DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT,
          UPSTREAM_HEADER_BYTES_RECEIVED,
          UPSTREAM_HEADER_BYTES_SENT,
          UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED,
          UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT ->
          0L;
      case UPSTREAM_HOST -> host == null ? null : ConnectionFacts.text(host.address());
      case UPSTREAM_HOST_NAME -> host == null ? null : name(host);
      case UPSTREAM_HOST_NAME_WITHOUT_PORT -> host == null ? null : withoutPort(name(host));
      case UPSTREAM_HOSTS_ATTEMPTED -> host == null ? null : ConnectionFacts.text(host.address());
      case UPSTREAM_HOSTS_ATTEMPTED_WITHOUT_PORT ->
          host == null ? null : withoutPort(String.valueOf(ConnectionFacts.text(host.address())));
      case UPSTREAM_HOST_NAMES_ATTEMPTED -> host == null ? null : name(host);
      case UPSTREAM_HOST_NAMES_ATTEMPTED_WITHOUT_PORT ->
          host == null ? null : withoutPort(name(host));
      case UPSTREAM_CONNECTION_IDS_ATTEMPTED ->
          upstream == null ? null : Long.toString(ConnectionFacts.id(upstream));
      // The name under which its statistics are known, as the encoder tells Envoy.
      case UPSTREAM_CLUSTER -> cluster == null ? null : cluster.name() + ";";
      case UPSTREAM_CLUSTER_RAW -> cluster == null ? null : cluster.name();
      case UPSTREAM_REQUEST_ATTEMPT_COUNT -> host == null ? 0 : 1;
      case UPSTREAM_TRANSPORT_FAILURE_REASON -> failure.isEmpty() ? null : failure;
      case UPSTREAM_DETECTED_CLOSE_TYPE -> "Normal";
      case DOWNSTREAM_LOCAL_CLOSE_REASON ->
          flags.isEmpty() ? null : "tcp_initializion_failure:" + stage();
      case STREAM_ID -> UUID.randomUUID().toString();
      case ACCESS_LOG_TYPE -> "TcpConnectionEnd";
      case LOCAL_REPLY_BODY, CUSTOM_FLAGS -> "";
      default -> ConnectionFacts.of(downstream, upstream, operator);
    };
  }

  // As Envoy's TCP proxy numbers why it could not begin.
  private int stage() {
    return flags.contains("NC") ? 3 : flags.contains("UH") ? 1 : 0;
  }

  private static String name(Host of) {
    return of.endpoint().hostname().isEmpty()
        ? String.valueOf(ConnectionFacts.text(of.address()))
        : of.endpoint().hostname();
  }

  private static String withoutPort(String name) {
    int colon = name.lastIndexOf(':');
    return colon < 0 ? name : name.substring(0, colon);
  }
}
