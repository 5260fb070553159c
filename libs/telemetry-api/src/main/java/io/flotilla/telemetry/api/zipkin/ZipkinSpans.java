// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api.zipkin;

import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.api.jaeger.JaegerJson;
import io.flotilla.telemetry.api.zipkin.internal.ZipkinLists;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import zipkin2.Endpoint;

/**
 * Our spans as Zipkin's, the inverse of {@link ZipkinCodec}: a server span that was given an id of
 * its own shares its caller's again. What Zipkin has no field for becomes tags, by the names of
 * OpenTelemetry's specification ("OpenTelemetry to Zipkin Transformation").
 */
public final class ZipkinSpans {
  private ZipkinSpans() {}

  /** The spans of one trace, in their order. */
  public static List<zipkin2.Span> of(List<Span> trace) {
    Map<Long, Span> byId = HashMap.newHashMap(trace.size());
    trace.forEach(span -> byId.put(span.spanId(), span));
    List<zipkin2.Span> spans = new ArrayList<>(trace.size());
    for (Span span : trace) {
      spans.add(of(span, byId));
    }
    return spans;
  }

  private static zipkin2.Span of(Span span, Map<Long, Span> byId) {
    zipkin2.Span.Builder out =
        zipkin2.Span.newBuilder()
            .traceId(JaegerJson.traceId(span.traceIdHigh(), span.traceIdLow()))
            .name(span.name())
            .localEndpoint(local(span.resource()))
            .remoteEndpoint(remote(span.attributes()));
    boolean shared =
        span.parentSpanId() != 0 && span.spanId() == ZipkinLists.idOfShared(span.parentSpanId());
    out.id(hex(shared ? span.parentSpanId() : span.spanId()));
    if (shared) {
      out.shared(true);
      Span caller = byId.get(span.parentSpanId());
      if (caller != null && caller.parentSpanId() != 0) {
        out.parentId(hex(caller.parentSpanId()));
      }
    } else if (span.parentSpanId() != 0) {
      out.parentId(hex(span.parentSpanId()));
    }
    switch (span.kind()) {
      case CLIENT -> out.kind(zipkin2.Span.Kind.CLIENT);
      case SERVER -> out.kind(zipkin2.Span.Kind.SERVER);
      case PRODUCER -> out.kind(zipkin2.Span.Kind.PRODUCER);
      case CONSUMER -> out.kind(zipkin2.Span.Kind.CONSUMER);
      default -> {
        // Zipkin has no kind for work that stays within.
      }
    }
    if (span.startEpochNanos() > 0) {
      out.timestamp(span.startEpochNanos() / 1_000);
    }
    long micros = (span.endEpochNanos() - span.startEpochNanos()) / 1_000;
    if (micros > 0) {
      out.duration(micros);
    }
    tags(span, out);
    for (Span.Event event : span.events()) {
      out.addAnnotation(event.epochNanos() / 1_000, event.name());
    }
    return out.build();
  }

  private static void tags(Span span, zipkin2.Span.Builder out) {
    span.resource()
        .forEach(
            (key, value) -> {
              if (!key.equals("service.name")
                  && !key.equals("host.ip")
                  && !key.equals("network.local.port")) {
                out.putTag(key, JaegerJson.text(value));
              }
            });
    span.attributes()
        .forEach(
            (key, value) -> {
              switch (key) {
                case "zipkin.debug" -> out.debug(true);
                case "peer.service", "network.peer.address", "network.peer.port" -> {
                  // The remote endpoint says them.
                }
                default -> out.putTag(key, JaegerJson.text(value));
              }
            });
    if (!span.scope().isEmpty()) {
      out.putTag("otel.scope.name", span.scope());
    }
    if (span.status() == Span.Status.ERROR && !span.attributes().containsKey("error")) {
      out.putTag("error", span.statusMessage().isEmpty() ? "true" : span.statusMessage());
    }
  }

  private static Endpoint local(Map<String, Object> resource) {
    Endpoint.Builder endpoint = Endpoint.newBuilder();
    if (resource.get("service.name") instanceof String name) {
      endpoint.serviceName(name);
    }
    if (resource.get("host.ip") instanceof String ip) {
      endpoint.parseIp(ip);
    }
    port(resource.get("network.local.port"), endpoint);
    return endpoint.build();
  }

  private static void port(@Nullable Object value, Endpoint.Builder endpoint) {
    if (value instanceof Long port && port > 0 && port < 65_536) {
      endpoint.port(port.intValue());
    }
  }

  private static Endpoint remote(Map<String, Object> attributes) {
    Endpoint.Builder endpoint = Endpoint.newBuilder();
    if (attributes.get("peer.service") instanceof String name) {
      endpoint.serviceName(name);
    }
    if (attributes.get("network.peer.address") instanceof String ip) {
      endpoint.parseIp(ip);
    }
    port(attributes.get("network.peer.port"), endpoint);
    return endpoint.build();
  }

  private static String hex(long id) {
    return HexFormat.of().toHexDigits(id);
  }
}
