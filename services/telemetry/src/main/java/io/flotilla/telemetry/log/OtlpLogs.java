// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.log;

import com.google.protobuf.ByteString;
import io.flotilla.telemetry.api.jaeger.JaegerJson;
import io.flotilla.telemetry.api.otlp.OtlpAttributes;
import io.flotilla.telemetry.api.otlp.SpanAssembly;
import io.flotilla.telemetry.api.otlp.SpanLimits;
import io.flotilla.telemetry.store.TraceId;
import io.flotilla.telemetry.tenant.Tenant;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsPartialSuccess;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceResponse;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.logs.v1.ResourceLogs;
import io.opentelemetry.proto.logs.v1.ScopeLogs;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** Takes OTLP's log requests: what belongs to a trace is kept, the rest is refused and counted. */
@ApplicationScoped
public class OtlpLogs {
  private static final int RECORDS_OF_A_REQUEST = 50_000;

  private final LogStore store;
  private final MeterRegistry metrics;

  OtlpLogs(LogStore store, MeterRegistry metrics) {
    this.store = store;
    this.metrics = metrics;
  }

  /**
   * Keeps the records of a request.
   *
   * @param json the request came as JSON, whose ids are hexadecimal where protobuf's own JSON has
   *     base64
   * @return what the sender is told
   */
  public ExportLogsServiceResponse take(
      Tenant tenant, ExportLogsServiceRequest request, boolean json) {
    SpanAssembly assembly = new SpanAssembly(SpanLimits.DEFAULT);
    List<LogEntry> kept = new ArrayList<>();
    int all = 0;
    for (ResourceLogs resourceLogs : request.getResourceLogsList()) {
      Map<String, Object> resource =
          OtlpAttributes.of(resourceLogs.getResource().getAttributesList(), assembly);
      for (ScopeLogs scopeLogs : resourceLogs.getScopeLogsList()) {
        for (LogRecord log : scopeLogs.getLogRecordsList()) {
          all++;
          ByteString trace = json ? hexadecimal(log.getTraceId()) : log.getTraceId();
          if (trace.size() == 16 && kept.size() < RECORDS_OF_A_REQUEST) {
            ByteString span = json ? hexadecimal(log.getSpanId()) : log.getSpanId();
            kept.add(entry(log, trace, span, resource, assembly));
          }
        }
      }
    }
    int refused = all - kept.size();
    refused += store.add(tenant, kept);
    metrics.counter("flotilla_telemetry_logs_received").increment(all - refused);
    metrics.counter("flotilla_telemetry_logs_refused").increment(refused);
    ExportLogsServiceResponse.Builder response = ExportLogsServiceResponse.newBuilder();
    if (refused > 0) {
      response.setPartialSuccess(
          ExportLogsPartialSuccess.newBuilder()
              .setRejectedLogRecords(refused)
              .setErrorMessage(
                  "log records are kept by trace: those without a trace id, and those beyond a"
                      + " trace's share, are not"));
    }
    return response.build();
  }

  private static LogEntry entry(
      LogRecord log,
      ByteString trace,
      ByteString span,
      Map<String, Object> resource,
      SpanAssembly assembly) {
    Object body = OtlpAttributes.value(log.getBody(), assembly);
    long time = log.getTimeUnixNano();
    return new LogEntry(
        new TraceId(longAt(trace, 0), longAt(trace, 8)),
        span.size() == 8 ? longAt(span, 0) : 0,
        time != 0 ? time : log.getObservedTimeUnixNano(),
        log.getSeverityNumberValue(),
        assembly.text(log.getSeverityText()),
        body == null ? "" : JaegerJson.text(body),
        OtlpAttributes.of(log.getAttributesList(), assembly),
        resource);
  }

  private static ByteString hexadecimal(ByteString read) {
    try {
      String written = Base64.getEncoder().encodeToString(read.toByteArray());
      return ByteString.copyFrom(HexFormat.of().parseHex(written));
    } catch (IllegalArgumentException e) {
      return ByteString.EMPTY;
    }
  }

  private static long longAt(ByteString bytes, int offset) {
    return bytes.substring(offset, offset + 8).asReadOnlyByteBuffer().getLong();
  }
}
