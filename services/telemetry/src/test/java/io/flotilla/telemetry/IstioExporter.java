// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * What the proxies of a small mesh would expose: counters that grow with the time since the start,
 * a counter that begins anew, a series that goes away.
 */
public final class IstioExporter implements AutoCloseable {
  private static final String[] BOUNDS = {
    "0.5", "1", "5", "10", "25", "50", "100", "250", "500", "1000", "+Inf"
  };

  private final HttpServer server;
  private final long started = System.nanoTime();

  public IstioExporter() {
    try {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.createContext(
        "/stats/prometheus",
        exchange -> {
          byte[] body = text((System.nanoTime() - started) / 1e9).getBytes(UTF_8);
          exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4");
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
  }

  /** "127.0.0.1:port" */
  public String address() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private static String edge(String reporter, String source, String destination, String service) {
    return "reporter=\""
        + reporter
        + "\",source_workload=\""
        + source
        + "-v1\",source_workload_namespace=\"default\",source_canonical_service=\""
        + source
        + "\",source_canonical_revision=\"v1\",destination_workload=\""
        + (destination.equals("unknown") ? destination : destination + "-v1")
        + "\",destination_workload_namespace=\""
        + (destination.equals("unknown") ? "unknown" : "default")
        + "\",destination_canonical_service=\""
        + destination
        + "\",destination_canonical_revision=\"v1\",destination_service=\""
        + service
        + ".default.svc.cluster.local\"";
  }

  private static void requests(
      StringBuilder text, String edge, String code, String flags, String policy, double count) {
    text.append("istio_requests_total{")
        .append(edge)
        .append(",request_protocol=\"http\",response_code=\"")
        .append(code)
        .append("\",grpc_response_status=\"\",response_flags=\"")
        .append(flags)
        .append("\",connection_security_policy=\"")
        .append(policy)
        .append("\"} ")
        .append(Math.floor(count))
        .append('\n');
  }

  private static String text(double seconds) {
    StringBuilder text = new StringBuilder("# TYPE istio_requests_total counter\n");
    String toReviews = edge("destination", "productpage", "reviews", "reviews");
    String toReviewsAtSource = edge("source", "productpage", "reviews", "reviews");
    requests(text, toReviews, "200", "-", "mutual_tls", 300 * seconds);
    requests(text, toReviews, "500", "-", "mutual_tls", 100 * seconds);
    requests(text, toReviewsAtSource, "200", "-", "unknown", 300 * seconds);
    requests(text, toReviewsAtSource, "500", "-", "unknown", 100 * seconds);
    requests(text, toReviewsAtSource, "503", "UF,URX", "unknown", 100 * seconds);
    requests(
        text,
        edge("destination", "ingressgateway", "productpage", "productpage"),
        "200",
        "-",
        "none",
        500 * seconds);
    requests(
        text,
        edge("source", "reviews", "ratings", "ratings"),
        "200",
        "-",
        "unknown",
        200 * seconds);
    requests(
        text,
        edge("source", "reviews", "unknown", "ratings"),
        "503",
        "UH",
        "unknown",
        50 * seconds);
    text.append("# TYPE istio_request_duration_milliseconds histogram\n");
    double[] shares = {0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.98, 1, 1};
    for (String labels : new String[] {toReviews, toReviewsAtSource}) {
      for (int i = 0; i < BOUNDS.length; i++) {
        text.append("istio_request_duration_milliseconds_bucket{")
            .append(labels)
            .append(",request_protocol=\"http\",response_code=\"200\",le=\"")
            .append(BOUNDS[i])
            .append("\"} ")
            .append(Math.floor(shares[i] * 300 * seconds))
            .append('\n');
      }
    }
    text.append("istio_tcp_sent_bytes_total{")
        .append(edge("destination", "ratings", "mongodb", "mongodb"))
        .append(",connection_security_policy=\"mutual_tls\"} ")
        .append(Math.floor(10_000 * seconds))
        .append('\n');
    text.append("istio_tcp_received_bytes_total{")
        .append(edge("destination", "ratings", "mongodb", "mongodb"))
        .append(",connection_security_policy=\"mutual_tls\"} ")
        .append(Math.floor(2_000 * seconds))
        .append('\n');
    text.append("istio_restarted_total ").append(Math.floor(1_000 * (seconds % 7))).append('\n');
    text.append("istio_gauge{kind=\"even\"} ").append(42).append('\n');
    if (seconds < 8) {
      text.append("istio_gauge{kind=\"leaving\"} 7\n");
    }
    text.append("envoy_cluster_upstream_rq_total{cluster=\"x\"} 1\n");
    return text.toString();
  }
}
