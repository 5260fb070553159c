// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.query;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.not;

import io.flotilla.telemetry.TelemetryConfig;
import io.flotilla.telemetry.TelemetryPortsResource;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.proto.trace.v1.TracesData;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.specification.RequestSpecification;
import jakarta.inject.Inject;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Spans of the OpenTelemetry SDK, asked for as Grafana's Tempo data source does. */
@QuarkusTest
@QuarkusTestResource(TelemetryPortsResource.class)
class TempoIT {
  private static String traceId = "";

  @Inject TelemetryConfig config;

  private String tempo(String path) {
    return "http://127.0.0.1:" + config.ports().tempo() + path;
  }

  private static RequestSpecification recent() {
    long now = System.currentTimeMillis() / 1_000;
    return given().queryParam("start", now - 600).queryParam("end", now + 60);
  }

  @BeforeEach
  void sendATrace() {
    if (!traceId.isEmpty()) {
      return;
    }
    try (SdkTracerProvider tracing =
        SdkTracerProvider.builder()
            .addSpanProcessor(
                SimpleSpanProcessor.create(
                    OtlpGrpcSpanExporter.builder()
                        .setEndpoint("http://127.0.0.1:" + config.ports().otlpGrpc())
                        .build()))
            .setResource(
                Resource.create(Attributes.builder().put("service.name", "tempo-app").build()))
            .build()) {
      Span parent =
          tracing
              .get("scope")
              .spanBuilder("checkout")
              .setSpanKind(SpanKind.SERVER)
              .setAttribute("http.status_code", 500)
              .setAttribute("user.tier", "gold")
              .startSpan();
      Span child =
          tracing
              .get("scope")
              .spanBuilder("charge")
              .setSpanKind(SpanKind.CLIENT)
              .setParent(Context.root().with(parent))
              .startSpan();
      child.setStatus(StatusCode.ERROR, "declined");
      child.end();
      parent.end();
      tracing.forceFlush().join(20, TimeUnit.SECONDS);
      traceId = parent.getSpanContext().getTraceId();
    }
  }

  @Test
  void answersWhatADataSourceAsksFirst() {
    given().get(tempo("/api/echo")).then().statusCode(200).body(equalTo("echo"));
    given().get(tempo("/api/status/buildinfo")).then().body("version", containsString("2."));
  }

  @Test
  void givesATraceInProtobufAndInJson() throws Exception {
    byte[] protobuf =
        given()
            .accept("application/protobuf")
            .get(tempo("/api/traces/" + traceId))
            .then()
            .statusCode(200)
            .extract()
            .asByteArray();
    TracesData trace = TracesData.parseFrom(protobuf);
    assertThat(trace.getResourceSpans(0).getScopeSpans(0).getSpansList())
        .extracting(io.opentelemetry.proto.trace.v1.Span::getName)
        .containsExactlyInAnyOrder("checkout", "charge");

    byte[] second =
        given()
            .accept("application/protobuf")
            .get(tempo("/api/v2/traces/" + traceId))
            .then()
            .statusCode(200)
            .extract()
            .asByteArray();
    // A TraceByIDResponse has the trace in field 1, as TracesData has its resource spans.
    assertThat(TracesData.parseFrom(TracesData.parseFrom(second).getResourceSpans(0).toByteArray()))
        .isNotNull();

    String base64 = Base64.getEncoder().encodeToString(HexFormat.of().parseHex(traceId));
    given()
        .get(tempo("/api/traces/" + traceId))
        .then()
        .body("batches[0].scopeSpans[0].spans", hasSize(2))
        .body("batches[0].scopeSpans[0].spans[0].traceId", equalTo(base64));
    given()
        .get(tempo("/api/v2/traces/" + traceId))
        .then()
        .body("trace.resourceSpans[0].scopeSpans[0].spans", hasSize(2));
    given().get(tempo("/api/traces/123")).then().statusCode(404);
    given().get(tempo("/api/v2/traces/nonsense")).then().statusCode(400);
  }

  @Test
  void searchesByTraceQl() {
    recent()
        .queryParam(
            "q",
            "{ resource.service.name = \"tempo-app\" && span.http.status_code = 500 }"
                + " >> { status = error } | select(span.user.tier, statusMessage)")
        .get(tempo("/api/search"))
        .then()
        .statusCode(200)
        .body("traces", hasSize(1))
        .body("traces[0].traceID", equalTo(traceId))
        .body("traces[0].rootServiceName", equalTo("tempo-app"))
        .body("traces[0].rootTraceName", equalTo("checkout"))
        .body("traces[0].spanSets[0].matched", equalTo(1))
        .body("traces[0].spanSet.spans[0].name", equalTo("charge"))
        .body(
            "traces[0].spanSet.spans[0].attributes.find { it.key == 'statusMessage' }"
                + ".value.stringValue",
            equalTo("declined"))
        .body("traces[0].serviceStats.'tempo-app'.spanCount", equalTo(2))
        .body("traces[0].serviceStats.'tempo-app'.errorCount", equalTo(1));
    recent()
        .queryParam("q", "{ .user.tier = \"silver\" }")
        .get(tempo("/api/search"))
        .then()
        .statusCode(200)
        .body("traces", hasSize(0));
    recent()
        .queryParam("tags", "service.name=tempo-app http.status_code=500 name=checkout")
        .queryParam("limit", 5)
        .get(tempo("/api/search"))
        .then()
        .body("traces", hasSize(1));
    given()
        .queryParam("q", "{ .user.tier = \"gold\" }")
        .queryParam("start", 1_000)
        .queryParam("end", 2_000)
        .get(tempo("/api/search"))
        .then()
        .body("traces", hasSize(0));
  }

  @Test
  void refusesAQueryThatIsNoneInOneSentence() {
    recent()
        .queryParam("q", "{ status > }")
        .get(tempo("/api/search"))
        .then()
        .statusCode(400)
        .body(containsString("parse error at line 1, col"));
    recent()
        .queryParam("q", "{ }")
        .queryParam("limit", "many")
        .get(tempo("/api/search"))
        .then()
        .statusCode(400)
        .body(containsString("limit"));
    given().queryParam("start", "soon").get(tempo("/api/search")).then().statusCode(400);
  }

  @Test
  void namesTagsAndTheirValues() {
    recent()
        .get(tempo("/api/search/tags"))
        .then()
        .body("tagNames", hasItems("user.tier", "service.name", "status"));
    recent()
        .get(tempo("/api/v2/search/tags"))
        .then()
        .body("scopes.find { it.name == 'span' }.tags", hasItem("user.tier"))
        .body("scopes.find { it.name == 'resource' }.tags", hasItem("service.name"))
        .body("scopes.find { it.name == 'intrinsic' }.tags", hasItem("rootName"));
    recent()
        .queryParam("scope", "resource")
        .get(tempo("/api/v2/search/tags"))
        .then()
        .body("scopes.name", equalTo(List.of("resource")));
    recent()
        .get(tempo("/api/search/tag/service.name/values"))
        .then()
        .body("tagValues", hasItem("tempo-app"));
    recent()
        .get(tempo("/api/v2/search/tag/span.http.status_code/values"))
        .then()
        .body("tagValues.find { it.value == '500' }.type", equalTo("int"));
    recent()
        .queryParam("q", "{ name = \"checkout\" }")
        .get(tempo("/api/v2/search/tag/status/values"))
        .then()
        .body("tagValues.value", hasItem("error"))
        .body("tagValues.type", not(hasItem("string")));
  }

  @Test
  void computesMetricsOfSpans() {
    recent()
        .queryParam("step", "30s")
        .queryParam("q", "{ resource.service.name = \"tempo-app\" } | count_over_time() by (name)")
        .get(tempo("/api/metrics/query_range"))
        .then()
        .statusCode(200)
        .body("series", hasSize(2))
        .body("series[0].labels[0].key", equalTo("name"))
        .body("series.samples.flatten().value.sum()", equalTo(2.0));
    recent()
        .queryParam("q", "{ resource.service.name = \"tempo-app\" } | count_over_time()")
        .get(tempo("/api/metrics/query"))
        .then()
        .statusCode(200)
        .body("series[0].value", equalTo(2.0f));
    recent().queryParam("q", "{ }").get(tempo("/api/metrics/query_range")).then().statusCode(400);
  }
}
