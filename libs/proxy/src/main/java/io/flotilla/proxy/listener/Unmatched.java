// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.listener;

import io.flotilla.model.format.Operator;
import io.flotilla.proxy.internal.Downstream;
import io.flotilla.proxy.internal.EngineState;
import io.flotilla.proxy.log.ConnectionFacts;
import io.flotilla.proxy.log.LogSource;
import io.flotilla.proxy.log.ResponseFlags;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A connection that no filter chain took, as a listener's access log tells of it. */
record Unmatched(Downstream downstream, Instant start) implements LogSource {
  private static final Set<String> FLAGS = Set.of("NR");

  static void log(EngineState engine, Downstream downstream) {
    engine
        .accessLogs()
        .plan(downstream.listener().accessLogs())
        .write(new Unmatched(downstream, Instant.now()));
  }

  @Override
  public Set<String> responseFlags() {
    return FLAGS;
  }

  @Override
  public @Nullable Object value(Operator operator) {
    return switch (operator) {
      case RESPONSE_FLAGS -> ResponseFlags.text(FLAGS);
      case RESPONSE_FLAGS_LONG -> ResponseFlags.longText(FLAGS);
      case RESPONSE_CODE_DETAILS -> "filter_chain_not_found";
      case ACCESS_LOG_TYPE -> "NotSet";
      case RESPONSE_CODE,
          DURATION,
          BYTES_RECEIVED,
          BYTES_SENT,
          UPSTREAM_REQUEST_ATTEMPT_COUNT,
          REQUEST_HEADERS_BYTES,
          RESPONSE_HEADERS_BYTES,
          RESPONSE_TRAILERS_BYTES,
          ROUTE_RESOLUTION_COUNT,
          DOWNSTREAM_WIRE_BYTES_RECEIVED,
          DOWNSTREAM_WIRE_BYTES_SENT,
          DOWNSTREAM_HEADER_BYTES_RECEIVED,
          DOWNSTREAM_HEADER_BYTES_SENT,
          DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED,
          DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT,
          UPSTREAM_WIRE_BYTES_RECEIVED,
          UPSTREAM_WIRE_BYTES_SENT,
          UPSTREAM_HEADER_BYTES_RECEIVED,
          UPSTREAM_HEADER_BYTES_SENT,
          UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED,
          UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT ->
          0;
      case LOCAL_REPLY_BODY, CUSTOM_FLAGS -> "";
      default -> ConnectionFacts.of(downstream, null, operator);
    };
  }
}
