// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.internal;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** What HTTP/2 clients did wrong, over all connections of an engine. */
public final class Http2Counters {
  private final Map<Flood, Long> floods = new EnumMap<>(Flood.class);
  private long malformed;

  /** A kind of frame that came more often than any honest client sends it. */
  public enum Flood {
    RESET,
    CONTINUATION,
    PING,
    SETTINGS,
    PRIORITY,
    WINDOW_UPDATE,
    EMPTY_FRAMES,
    ACKNOWLEDGEMENTS,
    UNKNOWN
  }

  /** A connection was ended for it. */
  public void count(Flood kind) {
    floods.merge(kind, 1L, Long::sum);
  }

  /** A stream was reset since its messages were malformed (RFC 9113, section 8.1.1). */
  public void countMalformed() {
    malformed++;
  }

  /** How many connections were ended for it. */
  public long of(Flood kind) {
    return floods.getOrDefault(kind, 0L);
  }

  /** In Prometheus' text format; Envoy's name where it has one. */
  public void text(StringBuilder to) {
    to.append("# TYPE envoy_http2_rx_messaging_error counter\nenvoy_http2_rx_messaging_error ")
        .append(malformed)
        .append('\n');
    to.append("# TYPE flotilla_http2_floods counter\n");
    for (Flood kind : Flood.values()) {
      to.append("flotilla_http2_floods{kind=\"")
          .append(kind.name().toLowerCase(Locale.ROOT))
          .append("\"} ")
          .append(of(kind))
          .append('\n');
    }
  }
}
