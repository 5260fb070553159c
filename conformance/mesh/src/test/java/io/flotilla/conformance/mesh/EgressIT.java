// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A host outside the mesh is reached only through the egress gateway, which originates TLS: the
 * arrangement of upstream's task "Egress Gateways with TLS Origination", with a server of the test
 * in the place of the outside host.
 */
@ExtendWith(SharedMesh.class)
class EgressIT {
  private static final Duration CHANGE = Duration.ofSeconds(15);
  private static final char[] PASSWORD = "changeit".toCharArray();

  @Test
  void leavesOnlyThroughTheEgressGatewayWhichOriginatesTls(RunningMesh mesh, @TempDir Path folder)
      throws Exception {
    ConcurrentLinkedQueue<String> seen = new ConcurrentLinkedQueue<>();
    HttpsServer outside = outside(folder, seen);
    try {
      mesh.apply("egress.yaml", configuration(outside.getAddress().getPort()));
      HttpClient inside =
          HttpClient.newBuilder()
              .version(HttpClient.Version.HTTP_1_1)
              .proxy(ProxySelector.of(new InetSocketAddress(mesh.proxyAddress(1), 15007)))
              .build();
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://outside.example/politics"))
              .timeout(Duration.ofSeconds(10))
              .build();
      Eventually.within(
          CHANGE,
          () -> {
            HttpResponse<String> response = inside.send(request, BodyHandlers.ofString());
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            assertThat(response.body()).isEqualTo("from outside, over TLS");
          });
      assertThat(seen).isNotEmpty().allSatisfy(path -> assertThat(path).isEqualTo("/politics"));
      Eventually.within(
          CHANGE,
          () ->
              assertThat(stats(mesh))
                  .as("the egress gateway counts the request to the outside host")
                  .anyMatch(
                      line ->
                          line.startsWith("istio_requests_total{")
                              && line.contains("outside.example")));
    } finally {
      mesh.remove("egress.yaml");
      outside.stop(0);
    }
  }

  private static List<String> stats(RunningMesh mesh) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(
                    URI.create("http://" + mesh.proxyAddress(101) + ":15020/stats/prometheus"))
                .build(),
            BodyHandlers.ofString())
        .body()
        .lines()
        .toList();
  }

  private static HttpsServer outside(Path folder, ConcurrentLinkedQueue<String> seen)
      throws Exception {
    Path store = folder.resolve("outside.p12");
    int status =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "outside",
                "-keyalg",
                "EC",
                "-dname",
                "CN=outside.example",
                "-ext",
                "SAN=dns:outside.example",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                new String(PASSWORD))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor();
    assertThat(status).as("keytool").isZero();
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD);
    }
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    server.createContext(
        "/",
        exchange -> {
          seen.add(exchange.getRequestURI().getPath());
          byte[] body = "from outside, over TLS".getBytes();
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    return server;
  }

  private static String configuration(int port) {
    return """
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata:
          name: outside
        spec:
          hosts: [outside.example]
          ports:
          - {number: 80, name: http, protocol: HTTP}
          - {number: 443, name: https, protocol: HTTPS}
          resolution: STATIC
          endpoints:
          - address: 127.0.0.1
            ports: {http: 9, https: %d}
        ---
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata:
          name: istio-egressgateway
        spec:
          selector:
            istio: egressgateway
          servers:
          - port: {number: 80, name: https-port-for-tls-origination, protocol: HTTPS}
            hosts: [outside.example]
            tls: {mode: ISTIO_MUTUAL}
        ---
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata:
          name: egressgateway-for-outside
        spec:
          host: istio-egressgateway.istio-system.svc.cluster.local
          subsets:
          - name: outside
            trafficPolicy:
              portLevelSettings:
              - port: {number: 80}
                tls: {mode: ISTIO_MUTUAL, sni: outside.example}
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata:
          name: direct-outside-through-egress-gateway
        spec:
          hosts: [outside.example]
          gateways: [istio-egressgateway, mesh]
          http:
          - match:
            - {gateways: [mesh], port: 80}
            route:
            - destination:
                host: istio-egressgateway.istio-system.svc.cluster.local
                subset: outside
                port: {number: 80}
          - match:
            - {gateways: [istio-egressgateway], port: 80}
            route:
            - destination:
                host: outside.example
                port: {number: 443}
        ---
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata:
          name: originate-tls-for-outside
        spec:
          host: outside.example
          trafficPolicy:
            portLevelSettings:
            - port: {number: 443}
              tls: {mode: SIMPLE, sni: outside.example, insecureSkipVerify: true}
        """
        .formatted(port);
  }
}
