// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api.jaeger;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.telemetry.api.SpanFixture;
import java.util.List;
import org.junit.jupiter.api.Test;

class JaegerJsonTest {

  @Test
  void writesASpanAsJaegersModelHasIt() throws Exception {
    String expected =
        """
        {"traceID":"0af7651916cd43dd8448eb211c80319c","spans":[{
          "traceID":"0af7651916cd43dd8448eb211c80319c","spanID":"b7ad6b7169203331",
          "operationName":"reviews.default.svc.cluster.local:9080/*",
          "references":[
            {"refType":"CHILD_OF","traceID":"0af7651916cd43dd8448eb211c80319c","spanID":"00f067aa0ba902b7"},
            {"refType":"FOLLOWS_FROM","traceID":"00000000000000010000000000000002","spanID":"0000000000000003"}],
          "startTime":1700000000000001,"duration":250001,
          "tags":[
            {"key":"hosts","type":"string","value":"[\\"a\\",\\"b\\"]"},
            {"key":"http.status_code","type":"string","value":"500"},
            {"key":"retries","type":"int64","value":2},
            {"key":"sampled","type":"bool","value":true},
            {"key":"share","type":"float64","value":0.5},
            {"key":"span.kind","type":"string","value":"server"},
            {"key":"otel.scope.name","type":"string","value":"flotilla"},
            {"key":"otel.status_code","type":"string","value":"ERROR"},
            {"key":"otel.status_description","type":"string","value":"upstream failed"},
            {"key":"error","type":"bool","value":true},
            {"key":"w3c.tracestate","type":"string","value":"congo=t61rcWkgMzE"}],
          "logs":[{"timestamp":1700000000100000,"fields":[
            {"key":"event","type":"string","value":"retry"},{"key":"attempt","type":"int64","value":1}]}],
          "processID":"p1","warnings":null}],
         "processes":{"p1":{"serviceName":"reviews.default","tags":[{"key":"k8s.pod.name","type":"string","value":"reviews-v1-0"}]}},
         "warnings":null}
        """;

    ObjectMapper json = new ObjectMapper();

    assertThat(json.readTree(JaegerJson.trace(List.of(SpanFixture.full())).toString()))
        .isEqualTo(json.readTree(expected));
  }

  @Test
  void spansOfOneProcessShareItsEntry() {
    var trace =
        JaegerJson.trace(
            List.of(
                SpanFixture.plain(1, 1, 0, "a", "x"),
                SpanFixture.plain(1, 2, 1, "b", "y"),
                SpanFixture.plain(1, 3, 1, "a", "z")));

    assertThat(trace.path("processes")).hasSize(2);
    assertThat(trace.path("spans").get(2).path("processID").asText()).isEqualTo("p1");
    assertThat(trace.path("traceID").asText()).isEqualTo("0000000000000001");
  }
}
