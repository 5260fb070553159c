// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.Rule;
import java.time.Duration;
import java.util.Optional;

/** How many connections and requests to a destination there may be. */
public record ConnectionPoolSettings(
    @Field("Of all connections.") Optional<Tcp> tcp, @Field("Of HTTP only.") Optional<Http> http) {

  /** Limits and times of connections. */
  public record Tcp(
      @Field("How many connections; unlimited if absent.") Optional<Integer> maxConnections,
      @Field(
              value = "How long a connection may take to open; 10s if absent.",
              rules = Rule.AT_LEAST_1MS)
          Optional<Duration> connectTimeout,
      @Field("Keep-alive of the operating system.") Optional<Keepalive> tcpKeepalive,
      @Field(value = "How long a connection may live.", rules = Rule.AT_LEAST_1MS)
          Optional<Duration> maxConnectionDuration,
      @Field("How long it may be idle; 1h if absent, 0s: for ever.")
          Optional<Duration> idleTimeout) {}

  /** Keep-alive of the operating system; what is absent is the system's own. */
  public record Keepalive(
      @Field(value = "Unanswered probes before the connection is dead.", unsigned = true)
          Optional<Long> probes,
      @Field(value = "Idle time before the first probe.", rules = Rule.AT_LEAST_1MS)
          Optional<Duration> time,
      @Field(value = "Time between probes.", rules = Rule.AT_LEAST_1MS)
          Optional<Duration> interval) {}

  /** Limits and times of HTTP. */
  public record Http(
      @Field("Requests that may wait for a connection.") Optional<Integer> http1MaxPendingRequests,
      @Field("Requests that may be active at once.") Optional<Integer> http2MaxRequests,
      @Field("Requests of one connection; 0: no limit, 1: no keep-alive.")
          Optional<Integer> maxRequestsPerConnection,
      @Field("Retries that may be outstanding at once.") Optional<Integer> maxRetries,
      @Field(
              value = "How long a connection without requests lives; 1h if absent.",
              rules = Rule.AT_LEAST_1MS)
          Optional<Duration> idleTimeout,
      @Field("Whether HTTP/1.1 is sent as HTTP/2.") Optional<H2UpgradePolicy> h2UpgradePolicy,
      @Field("Whether the client's protocol is kept.") Optional<Boolean> useClientProtocol,
      @Field("Streams of one HTTP/2 connection.") Optional<Integer> maxConcurrentStreams,
      @Field("Pings on HTTP/2 connections.") Optional<Http2KeepAlive> http2KeepAlive) {}

  /** Whether HTTP/1.1 is sent on as HTTP/2. */
  public enum H2UpgradePolicy {
    DEFAULT,
    DO_NOT_UPGRADE,
    UPGRADE
  }

  /** Pings on HTTP/2 connections. */
  public record Http2KeepAlive(
      @Field(value = "Time between pings.", rules = Rule.AT_LEAST_1MS) Optional<Duration> interval,
      @Field(value = "How long an answer may take.", rules = Rule.AT_LEAST_1MS)
          Optional<Duration> timeout) {}
}
