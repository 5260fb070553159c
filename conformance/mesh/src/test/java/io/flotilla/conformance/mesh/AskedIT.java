// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;

/**
 * Policies with the action CUSTOM in a running mesh: what they select is asked of a service that
 * the mesh's configuration names, and of no other; while that is away, nothing of it passes.
 */
class AskedIT {
  private static final Duration CHANGE = Duration.ofSeconds(30);
  private static final String PROVIDER = "FLOTILLA_PILOT_MESH_EXTENSION_PROVIDERS_0__";
  private static final String AUTHZ = PROVIDER + "ENVOY_EXT_AUTHZ_HTTP_";

  @Test
  void asksTheNamedServiceOfWhatThePolicySelects() throws Exception {
    HttpServer service = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    BlockingQueue<String> asked = new LinkedBlockingQueue<>();
    service.createContext(
        "/",
        exchange -> {
          boolean allowed = "allow".equals(exchange.getRequestHeaders().getFirst("x-ext-authz"));
          asked.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
          byte[] body = "not you".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(allowed ? 200 : 403, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    service.start();
    int port = service.getAddress().getPort();
    try (RunningMesh mesh =
        RunningMesh.start(
            Map.of(
                PROVIDER + "NAME", "ours",
                AUTHZ + "SERVICE", "authz.test",
                AUTHZ + "PORT", String.valueOf(port),
                AUTHZ + "PATH_PREFIX", "/check",
                AUTHZ + "TIMEOUT", "5s",
                AUTHZ + "STATUS_ON_ERROR", "503",
                AUTHZ + "INCLUDE_REQUEST_HEADERS_IN_CHECK", "x-ext-authz"))) {
      Traffic anyone = Traffic.anonymous(mesh);
      anyone.warmUp();
      mesh.apply("authz.yaml", configuration(port));

      Eventually.within(
          CHANGE, () -> assertThat(anyone.get(Traffic.REVIEWS).status()).isEqualTo(403));
      assertThat(anyone.get(Traffic.REVIEWS).body()).isEqualTo("not you");
      assertThat(anyone.get(Traffic.REVIEWS, "x-ext-authz", "allow").status()).isEqualTo(200);
      assertThat(asked).contains("GET /check" + Traffic.REVIEWS);
      asked.clear();
      assertThat(anyone.get(Traffic.PAGE).status()).as("not selected").isEqualTo(200);
      assertThat(asked).isEmpty();

      service.stop(0);
      assertThat(anyone.get(Traffic.REVIEWS, "x-ext-authz", "allow").status()).isEqualTo(503);
    } finally {
      service.stop(0);
    }
  }

  private static String configuration(int port) {
    return """
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: authz, namespace: default}
        spec:
          hosts: [authz.test]
          location: MESH_EXTERNAL
          resolution: STATIC
          ports: [{number: %d, name: http, protocol: HTTP}]
          endpoints: [{address: 127.0.0.1}]
        ---
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: asked, namespace: istio-system}
        spec:
          selector: {matchLabels: {istio: ingressgateway}}
          action: CUSTOM
          provider: {name: ours}
          rules:
          - to:
            - operation: {paths: [/api/*]}
        """
        .formatted(port);
  }
}
