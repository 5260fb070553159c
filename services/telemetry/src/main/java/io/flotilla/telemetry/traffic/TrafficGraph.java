// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.traffic;

import io.flotilla.contract.telemetry.Edge;
import io.flotilla.contract.telemetry.GetGraphResponse;
import io.flotilla.contract.telemetry.Workload;
import io.flotilla.telemetry.metric.Labels;
import io.flotilla.telemetry.promql.Value.Sample;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Edges between workloads from Istio's standard metrics. An edge that its destination's proxy
 * reports is taken from there, and only what never arrived is added from the source's proxy, told
 * by the response flags; every other edge (no proxy at the destination, or no destination found) is
 * the source's.
 */
public final class TrafficGraph {
  private static final String IDENTITY =
      "reporter,source_workload,source_workload_namespace,source_canonical_service,"
          + "source_canonical_revision,destination_workload,destination_workload_namespace,"
          + "destination_canonical_service,destination_canonical_revision,destination_service";

  /** Envoy's flags for requests that the caller's proxy answered by itself. */
  private static final Set<String> NEVER_ARRIVED =
      Set.of("UF", "UH", "UO", "NR", "NC", "FI", "RL", "UAEX", "NFCF", "RFCF", "LH", "OM");

  private final MetricQueries metrics;

  public TrafficGraph(MetricQueries metrics) {
    this.metrics = metrics;
  }

  private record Key(
      String source,
      String sourceNamespace,
      String destination,
      String destinationNamespace,
      String service,
      String protocol)
      implements Comparable<Key> {

    static Key of(Labels labels, String protocol) {
      return new Key(
          labels.get("source_workload"),
          labels.get("source_workload_namespace"),
          labels.get("destination_workload"),
          labels.get("destination_workload_namespace"),
          labels.get("destination_service"),
          protocol);
    }

    @Override
    public int compareTo(Key other) {
      return toString().compareTo(other.toString());
    }
  }

  /** What one side reports of an edge. */
  private static final class Report {
    final Labels labels;
    double requests;
    double errors;
    double mutualTls;
    double neverArrived;
    double bytesSent;
    double bytesReceived;
    double bytesMutualTls;
    double p50 = Double.NaN;
    double p99 = Double.NaN;
    final Map<String, Double> responses = new TreeMap<>();
    final Map<String, Double> responsesNeverArrived = new TreeMap<>();

    Report(Labels labels) {
      this.labels = labels;
    }
  }

  /**
   * The graph now.
   *
   * @param windowSeconds over which rates are taken
   * @throws MetricQueries.UnavailableException if the metrics cannot be asked
   */
  public GetGraphResponse now(int windowSeconds) throws MetricQueries.UnavailableException {
    String range = "[" + windowSeconds + "s]";
    Map<Key, Report> bySource = new TreeMap<>();
    Map<Key, Report> byDestination = new TreeMap<>();
    String requests =
        "sum by ("
            + IDENTITY
            + ",request_protocol,response_code,grpc_response_status,response_flags,"
            + "connection_security_policy) (rate(istio_requests_total"
            + range
            + ")) > 0";
    for (Sample sample : metrics.vector(requests)) {
      addRequests(report(bySource, byDestination, sample, null), sample);
    }
    for (double q : new double[] {0.5, 0.99}) {
      String quantile =
          "histogram_quantile("
              + q
              + ", sum by ("
              + IDENTITY
              + ",request_protocol,le) (rate(istio_request_duration_milliseconds_bucket"
              + range
              + ")))";
      for (Sample sample : metrics.vector(quantile)) {
        Report report = known(bySource, byDestination, sample);
        if (report != null && q == 0.5) {
          report.p50 = sample.value();
        } else if (report != null) {
          report.p99 = sample.value();
        }
      }
    }
    addBytes(bySource, byDestination, "istio_tcp_sent_bytes_total", range, true);
    addBytes(bySource, byDestination, "istio_tcp_received_bytes_total", range, false);

    GetGraphResponse.Builder graph = GetGraphResponse.newBuilder().setSource(metrics.source());
    Map<Key, Edge> edges = new TreeMap<>();
    byDestination.forEach(
        (key, report) -> {
          Report atSource = bySource.get(key);
          if (atSource != null) {
            addNeverArrived(report, atSource);
          }
          edges.put(key, edge(key, report));
        });
    bySource.forEach((key, report) -> edges.computeIfAbsent(key, k -> edge(k, report)));
    graph.addAllEdges(edges.values());
    graph.addAllUnreachable(metrics.unreachable());
    return graph.build();
  }

  private static Report report(
      Map<Key, Report> bySource,
      Map<Key, Report> byDestination,
      Sample sample,
      @Nullable String protocol) {
    Labels labels = sample.labels();
    Map<Key, Report> side = isDestination(labels) ? byDestination : bySource;
    Key key = Key.of(labels, protocol == null ? protocol(labels) : protocol);
    return side.computeIfAbsent(key, k -> new Report(labels));
  }

  private static @Nullable Report known(
      Map<Key, Report> bySource, Map<Key, Report> byDestination, Sample sample) {
    Labels labels = sample.labels();
    return (isDestination(labels) ? byDestination : bySource).get(Key.of(labels, protocol(labels)));
  }

  private static boolean isDestination(Labels labels) {
    return labels.get("reporter").equals("destination");
  }

  private static String protocol(Labels labels) {
    String protocol = labels.get("request_protocol");
    return protocol.isEmpty() || protocol.equals("unknown") ? "http" : protocol;
  }

  private static void addRequests(Report report, Sample sample) {
    Labels labels = sample.labels();
    String code = labels.get("response_code");
    String shown = code.isEmpty() || code.equals("0") ? "-" : code;
    double rate = sample.value();
    report.requests += rate;
    report.responses.merge(shown, rate, Double::sum);
    if (failed(labels, code)) {
      report.errors += rate;
    }
    if (labels.get("connection_security_policy").equals("mutual_tls")) {
      report.mutualTls += rate;
    }
    if (neverArrived(labels.get("response_flags"))) {
      report.neverArrived += rate;
      report.responsesNeverArrived.merge(shown, rate, Double::sum);
    }
  }

  private static boolean failed(Labels labels, String code) {
    String grpc = labels.get("grpc_response_status");
    if (labels.get("request_protocol").equals("grpc") && !grpc.isEmpty()) {
      return !grpc.equals("0");
    }
    return code.isEmpty() || code.equals("0") || code.startsWith("5");
  }

  private static boolean neverArrived(String flags) {
    for (String flag : flags.split(",")) {
      if (NEVER_ARRIVED.contains(flag)) {
        return true;
      }
    }
    return false;
  }

  private static void addNeverArrived(Report report, Report atSource) {
    report.requests += atSource.neverArrived;
    report.errors += atSource.neverArrived;
    atSource.responsesNeverArrived.forEach(
        (code, rate) -> report.responses.merge(code, rate, Double::sum));
  }

  private void addBytes(
      Map<Key, Report> bySource,
      Map<Key, Report> byDestination,
      String metric,
      String range,
      boolean sent)
      throws MetricQueries.UnavailableException {
    String bytes =
        "sum by (" + IDENTITY + ",connection_security_policy) (rate(" + metric + range + ")) > 0";
    for (Sample sample : metrics.vector(bytes)) {
      Report report = report(bySource, byDestination, sample, "tcp");
      if (sent) {
        report.bytesSent += sample.value();
      } else {
        report.bytesReceived += sample.value();
      }
      if (sample.labels().get("connection_security_policy").equals("mutual_tls")) {
        report.bytesMutualTls += sample.value();
      }
    }
  }

  private static Edge edge(Key key, Report report) {
    double bytes = report.bytesSent + report.bytesReceived;
    boolean tcp = key.protocol().equals("tcp");
    Map<String, Double> responses = new HashMap<>(report.responses);
    return Edge.newBuilder()
        .setSource(workload(report.labels, "source"))
        .setDestination(workload(report.labels, "destination"))
        .setDestinationService(key.service())
        .setProtocol(key.protocol())
        .setRequestRate(report.requests)
        .setErrorRate(share(report.errors, report.requests))
        .setMtlsShare(
            tcp ? share(report.bytesMutualTls, bytes) : share(report.mutualTls, report.requests))
        .setP50Millis(report.p50)
        .setP99Millis(report.p99)
        .setSentBytesRate(report.bytesSent)
        .setReceivedBytesRate(report.bytesReceived)
        .putAllResponses(responses)
        .build();
  }

  private static double share(double part, double whole) {
    return whole == 0 ? 0 : Math.min(1, part / whole);
  }

  private static Workload workload(Labels labels, String side) {
    return Workload.newBuilder()
        .setNamespace(orUnknown(labels.get(side + "_workload_namespace")))
        .setName(orUnknown(labels.get(side + "_workload")))
        .setCanonicalService(orUnknown(labels.get(side + "_canonical_service")))
        .setCanonicalRevision(orUnknown(labels.get(side + "_canonical_revision")))
        .build();
  }

  private static String orUnknown(String value) {
    return value.isEmpty() ? "unknown" : value;
  }
}
