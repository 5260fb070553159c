// SPDX-License-Identifier: Apache-2.0
package io.flotilla.testkit.envoy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A real Envoy, configured by ADS from a server of ours, its secrets by another. */
public final class EnvoyProcess implements AutoCloseable {
  private final HttpClient http = HttpClient.newHttpClient();
  private final Process process;
  private final Path log;
  private final String admin;

  /**
   * @param api "DELTA_GRPC" or "GRPC"
   */
  public EnvoyProcess(String binary, Path folder, String api, int adsPort, int sdsPort)
      throws IOException, InterruptedException {
    Path config = folder.resolve("envoy.yaml");
    Path adminFile = folder.resolve("admin");
    log = folder.resolve("envoy.log");
    Files.writeString(
        config,
        """
        node:
          id: sidecar~127.0.0.1~a.default~default.svc.cluster.local
          cluster: a.default
          metadata: {NAMESPACE: default}
        bootstrap_extensions:
        - name: envoy.bootstrap.internal_listener
          typed_config: {"@type": type.googleapis.com/envoy.extensions.bootstrap.internal_listener.v3.InternalListener}
        admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
        dynamic_resources:
          ads_config:
            api_type: %s
            transport_api_version: V3
            set_node_on_first_message_only: true
            grpc_services: [{envoy_grpc: {cluster_name: xds-grpc}}]
          cds_config: {ads: {}, initial_fetch_timeout: 0s, resource_api_version: V3}
          lds_config: {ads: {}, initial_fetch_timeout: 0s, resource_api_version: V3}
        static_resources:
          clusters:
        """
                .formatted(api)
            + cluster("xds-grpc", adsPort)
            + cluster("sds-grpc", sdsPort));
    process =
        new ProcessBuilder(
                binary,
                "-c",
                config.toString(),
                "--admin-address-path",
                adminFile.toString(),
                "--disable-hot-restart",
                "--concurrency",
                "1",
                "--file-flush-interval-msec",
                "50",
                "-l",
                "warning")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!Files.exists(adminFile) || Files.size(adminFile) == 0) {
      assertThat(process.isAlive()).as(() -> "Envoy runs: " + log()).isTrue();
      assertThat(System.nanoTime())
          .as(() -> "Envoy's admin port is open: " + log())
          .isLessThan(end);
      process.waitFor(20, TimeUnit.MILLISECONDS);
    }
    admin = "http://" + Files.readString(adminFile).strip();
  }

  private static String cluster(String name, int port) {
    return """
      - name: %s
        type: STATIC
        connect_timeout: 1s
        typed_extension_protocol_options:
          envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
            "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
            explicit_http_config: {http2_protocol_options: {}}
        load_assignment:
          cluster_name: %s
          endpoints:
          - lb_endpoints:
            - endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}
    """
        .formatted(name, name, port);
  }

  /** What it wrote to its log. */
  public String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** What the admin port answers. */
  public String admin(String path) {
    return get(admin + path).body();
  }

  /** What any URL answers. */
  public HttpResponse<String> get(String url) {
    try {
      return http.send(
          HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(10)).build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new AssertionError(url, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** The admin port's answer, once it is as wanted. */
  public String admin(String path, Predicate<String> wanted) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    String last = admin(path);
    while (!wanted.test(last)) {
      String seen = last;
      assertThat(System.nanoTime()).as(() -> path + " is as wanted: " + seen).isLessThan(end);
      process.waitFor(20, TimeUnit.MILLISECONDS);
      last = admin(path);
    }
    return last;
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroy);
    process.destroy();
    try {
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
