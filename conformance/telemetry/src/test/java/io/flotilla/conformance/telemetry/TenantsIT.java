// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tenants told apart by X-Scope-OrgID, each with its own traces and rate. */
class TenantsIT {
  private static TelemetryProcess telemetry;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    telemetry =
        TelemetryProcess.start(
            folder,
            Map.of(
                "flotilla.telemetry.tenants.enabled",
                "true",
                "flotilla.telemetry.tenants.max-spans-per-second",
                "1"));
  }

  @AfterAll
  static void stop() throws Exception {
    telemetry.close();
  }

  private static HttpResponse<String> post(String trace, String... headers) throws Exception {
    String spans =
        """
        [{"traceId":"%s","id":"1","name":"x","timestamp":%d,
          "localEndpoint":{"serviceName":"s"}}]
        """
            .formatted(trace, System.currentTimeMillis() * 1_000);
    return telemetry.post(
        "zipkin",
        "/api/v2/spans",
        "application/json",
        spans.getBytes(StandardCharsets.UTF_8),
        headers);
  }

  private static int status(String trace, String tenant) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(
                    URI.create(telemetry.url("jaeger-query", "/api/traces/" + trace)))
                .header("X-Scope-OrgID", tenant)
                .build(),
            HttpResponse.BodyHandlers.ofString())
        .statusCode();
  }

  @Test
  void aTenantsTracesAreItsOwn() throws Exception {
    assertThat(post("00000000000000a1", "X-Scope-OrgID", "team-a").statusCode()).isEqualTo(202);

    assertThat(status("00000000000000a1", "team-a")).isEqualTo(200);
    assertThat(status("00000000000000a1", "team-b")).isEqualTo(404);
  }

  @Test
  void whoNamesNoTenantIsRefused() throws Exception {
    assertThat(post("00000000000000a2").statusCode()).isEqualTo(401);
    assertThat(post("00000000000000a2", "X-Scope-OrgID", "../../etc").statusCode()).isEqualTo(401);
    assertThat(telemetry.get("jaeger-query", "/api/services").statusCode()).isEqualTo(401);
  }

  @Test
  void aTenantThatIsTooFastIsToldToComeBack() throws Exception {
    HttpResponse<String> refused = null;
    for (int i = 0; i < 10 && (refused == null || refused.statusCode() == 202); i++) {
      refused = post("00000000000000a3", "X-Scope-OrgID", "fast");
    }

    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(refused.headers().firstValue("Retry-After")).isPresent();
    assertThat(post("00000000000000a4", "X-Scope-OrgID", "slow").statusCode()).isEqualTo(202);
  }
}
