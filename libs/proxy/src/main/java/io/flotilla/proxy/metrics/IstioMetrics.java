// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.metrics;

import io.flotilla.model.listener.Listener.TrafficDirection;
import io.flotilla.proxy.api.FailureCause;
import io.flotilla.proxy.api.PeerIdentity;
import io.flotilla.proxy.api.RequestRecord;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * istio_requests_total and its companions, with Istio's standard labels (Istio documentation,
 * "Istio Standard Metrics"). Used on one event loop.
 */
public final class IstioMetrics {
  private static final int MAX_SERIES = 10_000;

  private static final int MAX_SHORTCUTS = 4_096;

  private final Map<String, Series> http = new HashMap<>();
  // Where requests without a failure are counted, found without writing all labels.
  private final Map<Shortcut, Series> shortcuts = new HashMap<>();
  private final Map<String, TcpSeries> tcp = new HashMap<>();
  private long refused;

  private static final class Series {
    long requests;
    final Histogram duration = new Histogram();
    final Histogram requestBytes = new Histogram();
    final Histogram responseBytes = new Histogram();
  }

  /** What the labels of a request come from; peers are compared as objects, for speed. */
  private record Shortcut(
      boolean destination,
      boolean mutualTls,
      int status,
      int grpcStatus,
      PeerIdentity source,
      PeerIdentity target,
      String service) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Shortcut s
          && destination == s.destination
          && mutualTls == s.mutualTls
          && status == s.status
          && grpcStatus == s.grpcStatus
          && source == s.source
          && target == s.target
          && service.equals(s.service);
    }

    @Override
    public int hashCode() {
      int hash = System.identityHashCode(source) * 31 + System.identityHashCode(target);
      hash = hash * 31 + service.hashCode();
      return hash * 31 + status * 64 + grpcStatus;
    }
  }

  private static final class TcpSeries {
    long opened;
    long closed;
    long sent;
    long received;
  }

  /** Counts one request. */
  public void add(RequestRecord r, boolean gateway) {
    boolean destination = r.direction() == TrafficDirection.INBOUND && !gateway;
    Series series;
    if (r.failures().isEmpty()) {
      Shortcut shortcut =
          new Shortcut(
              destination,
              r.mutualTls(),
              r.status(),
              r.grpcStatus().orElse(-1),
              r.sourcePeer(),
              r.destinationPeer(),
              r.destinationService());
      series = shortcuts.get(shortcut);
      if (series == null) {
        series = series(r, destination);
        if (series != null) {
          if (shortcuts.size() >= MAX_SHORTCUTS) {
            shortcuts.clear();
          }
          shortcuts.put(shortcut, series);
        }
      }
    } else {
      series = series(r, destination);
    }
    if (series == null) {
      refused++;
      return;
    }
    series.requests++;
    series.duration.add(r.durationNanos() / 1e6);
    series.requestBytes.add(r.requestBytes());
    series.responseBytes.add(r.responseBytes());
  }

  // By its labels; null: there are too many.
  private @Nullable Series series(RequestRecord r, boolean destination) {
    StringBuilder labels = new StringBuilder(640);
    common(
        labels,
        destination,
        r.sourcePeer(),
        r.destinationPeer(),
        r.destinationService(),
        r.grpcStatus().isPresent() ? "grpc" : "http",
        flags(r),
        r.mutualTls());
    label(labels, "response_code", Integer.toString(r.status()));
    label(labels, "grpc_response_status", r.grpcStatus().map(String::valueOf).orElse(""));
    String key = labels.toString();
    Series series = http.get(key);
    if (series == null && http.size() < MAX_SERIES) {
      series = new Series();
      http.put(key, series);
    }
    return series;
  }

  /** A moment in the life of a TCP connection. */
  public enum TcpEvent {
    OPENED,
    CLOSED,
    /** It never came to be. */
    FAILED
  }

  /** Counts a TCP connection that opened or ended. */
  public void addTcp(
      TcpEvent event,
      boolean destination,
      PeerIdentity source,
      PeerIdentity target,
      String service,
      boolean mutualTls,
      String flags,
      long sent,
      long received) {
    StringBuilder labels = new StringBuilder(512);
    common(labels, destination, source, target, service, "tcp", flags, mutualTls);
    String key = labels.toString();
    if (!tcp.containsKey(key) && tcp.size() >= MAX_SERIES) {
      refused++;
      return;
    }
    TcpSeries series = tcp.computeIfAbsent(key, k -> new TcpSeries());
    if (event != TcpEvent.CLOSED) {
      series.opened++;
    }
    if (event != TcpEvent.OPENED) {
      series.closed++;
      series.sent += sent;
      series.received += received;
    }
  }

  private static String flags(RequestRecord r) {
    TreeSet<String> flags = new TreeSet<>();
    for (FailureCause cause : r.failures()) {
      if (!cause.flag().isEmpty()) {
        flags.add(cause.flag());
      }
    }
    return flags.isEmpty() ? "-" : String.join(",", flags);
  }

  private static void common(
      StringBuilder b,
      boolean destination,
      PeerIdentity s,
      PeerIdentity d,
      String service,
      String protocol,
      String flags,
      boolean mutualTls) {
    label(b, "reporter", destination ? "destination" : "source");
    label(b, "source_workload", s.workload());
    label(b, "source_canonical_service", s.canonicalService());
    label(b, "source_canonical_revision", s.canonicalRevision());
    label(b, "source_workload_namespace", s.namespace());
    label(b, "source_principal", s.principal());
    label(b, "source_app", s.app());
    label(b, "source_version", s.version());
    label(b, "source_cluster", s.cluster());
    label(b, "destination_workload", d.workload());
    label(b, "destination_workload_namespace", d.namespace());
    label(b, "destination_principal", d.principal());
    label(b, "destination_app", d.app());
    label(b, "destination_version", d.version());
    label(b, "destination_service", service);
    label(b, "destination_canonical_service", d.canonicalService());
    label(b, "destination_canonical_revision", d.canonicalRevision());
    int dot = service.indexOf('.');
    label(b, "destination_service_name", dot < 0 ? service : service.substring(0, dot));
    label(b, "destination_service_namespace", d.namespace());
    label(b, "destination_cluster", d.cluster());
    label(b, "request_protocol", protocol);
    label(b, "response_flags", flags);
    label(
        b,
        "connection_security_policy",
        destination ? (mutualTls ? "mutual_tls" : "none") : "unknown");
  }

  static void label(StringBuilder b, String name, String value) {
    if (!b.isEmpty()) {
      b.append(',');
    }
    b.append(name).append("=\"");
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '\\' -> b.append("\\\\");
        case '"' -> b.append("\\\"");
        case '\n' -> b.append("\\n");
        default -> b.append(c);
      }
    }
    b.append('"');
  }

  /** The text exposition format. */
  public String text() {
    StringBuilder b = new StringBuilder(64 * 1024);
    b.append("# TYPE istio_requests_total counter\n");
    http.forEach((labels, s) -> line(b, "istio_requests_total", labels, s.requests));
    List<Map.Entry<String, Series>> all = new ArrayList<>(http.entrySet());
    histogram(b, "istio_request_duration_milliseconds", all, 0);
    histogram(b, "istio_request_bytes", all, 1);
    histogram(b, "istio_response_bytes", all, 2);
    if (!tcp.isEmpty()) {
      b.append("# TYPE istio_tcp_connections_opened_total counter\n");
      tcp.forEach((l, s) -> line(b, "istio_tcp_connections_opened_total", l, s.opened));
      b.append("# TYPE istio_tcp_connections_closed_total counter\n");
      tcp.forEach((l, s) -> line(b, "istio_tcp_connections_closed_total", l, s.closed));
      b.append("# TYPE istio_tcp_sent_bytes_total counter\n");
      tcp.forEach((l, s) -> line(b, "istio_tcp_sent_bytes_total", l, s.sent));
      b.append("# TYPE istio_tcp_received_bytes_total counter\n");
      tcp.forEach((l, s) -> line(b, "istio_tcp_received_bytes_total", l, s.received));
    }
    b.append("# TYPE flotilla_metric_series_refused_total counter\n");
    b.append("flotilla_metric_series_refused_total ").append(refused).append('\n');
    return b.toString();
  }

  private static void line(StringBuilder b, String name, String labels, long value) {
    b.append(name).append('{').append(labels).append("} ").append(value).append('\n');
  }

  private static void histogram(
      StringBuilder b, String name, List<Map.Entry<String, Series>> all, int which) {
    b.append("# TYPE ").append(name).append(" histogram\n");
    for (Map.Entry<String, Series> each : all) {
      Series s = each.getValue();
      Histogram h = which == 0 ? s.duration : which == 1 ? s.requestBytes : s.responseBytes;
      for (int i = 0; i < Histogram.BOUNDS.size(); i++) {
        line(
            b,
            name + "_bucket",
            each.getKey() + ",le=\"" + Histogram.BOUNDS.get(i) + "\"",
            h.atMost(i));
      }
      line(b, name + "_bucket", each.getKey() + ",le=\"+Inf\"", h.count());
      b.append(name)
          .append("_sum{")
          .append(each.getKey())
          .append("} ")
          .append(h.sum())
          .append('\n');
      line(b, name + "_count", each.getKey(), h.count());
    }
  }
}
