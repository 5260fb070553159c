// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import io.flotilla.model.tls.Secret;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A real Envoy with one listener, to compare with. */
final class EnvoyPeer implements AutoCloseable {
  private static final String ENVOY = System.getProperty("flotilla.envoy", "");
  private static final Pattern PORT = Pattern.compile("edge::127\\.0\\.0\\.1:(\\d+)");

  private final Process process;
  private final InetSocketAddress address;
  private final Path admin;

  static boolean isInstalled() {
    return Files.isExecutable(Path.of(ENVOY));
  }

  static String absence() {
    return "there is no Envoy at '"
        + ENVOY
        + "'; conformance/install.sh installs one, or -Dflotilla.envoy names one";
  }

  /**
   * Starts it.
   *
   * @param listener the fields of the listener "edge" beside name and address, in YAML or JSON,
   *     each line indented by four
   * @param clusters the list, each line indented by two
   */
  EnvoyPeer(Path folder, String listener, String clusters) throws Exception {
    admin = folder.resolve("admin.txt");
    Path config = folder.resolve("envoy.yaml");
    Files.writeString(
        config,
        """
        admin: {address: {socket_address: {address: 127.0.0.1, port_value: 0}}}
        static_resources:
          listeners:
          - name: edge
            address: {socket_address: {address: 127.0.0.1, port_value: 0}}
        %s
          clusters:
        %s
        """
            .formatted(listener.stripTrailing(), clusters.stripTrailing()));
    process =
        new ProcessBuilder(
                ENVOY,
                "-c",
                config.toString(),
                "--admin-address-path",
                admin.toString(),
                "--use-dynamic-base-id",
                "--concurrency",
                "1",
                "-l",
                "warning")
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("envoy.log").toFile())
            .start();
    try {
      address = await(admin, folder.resolve("envoy.log"));
    } catch (Exception | AssertionError e) {
      process.destroyForcibly();
      throw e;
    }
  }

  private static InetSocketAddress await(Path admin, Path log) throws Exception {
    int[] port = new int[1];
    HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    try (client) {
      Await.until(
          () -> {
            String text = "";
            try {
              text =
                  client
                      .send(
                          HttpRequest.newBuilder(
                                  URI.create(
                                      "http://" + Files.readString(admin).strip() + "/listeners"))
                              .build(),
                          HttpResponse.BodyHandlers.ofString())
                      .body();
            } catch (IOException | IllegalArgumentException notYet) {
              // Judged below.
            }
            Matcher found = PORT.matcher(text);
            if (!found.find()) {
              throw new AssertionError("Envoy has no listener; it said " + Files.readString(log));
            }
            port[0] = Integer.parseInt(found.group(1));
          });
    }
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port[0]);
  }

  /** What its admin API says. */
  String admin(String path) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
          .send(
              HttpRequest.newBuilder(URI.create("http://" + Files.readString(admin).strip() + path))
                  .build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  InetSocketAddress address() {
    return address;
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  /** One that leads each of its connections to that port, through a tunnel by mutual TLS. */
  static EnvoyPeer tunneling(Path folder, TestMesh mesh, String target, int port) throws Exception {
    return new EnvoyPeer(
        folder,
        """
            filter_chains:
            - filters:
              - name: tcp
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
                  stat_prefix: edge
                  cluster: gate
                  tunneling_config: {hostname: "%s"}
        """
            .formatted(target),
        """
          - name: gate
            type: STATIC
            load_assignment: {cluster_name: gate, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}}]}]}
            typed_extension_protocol_options:
              envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
                "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
                explicit_http_config: {http2_protocol_options: {}}
            transport_socket:
              name: tls
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
                common_tls_context: %s
        """
            .formatted(port, tls(mesh, "client")));
  }

  /** The common TLS context of a workload of the mesh, in JSON. */
  static String tls(TestMesh mesh, String account) {
    List<Secret> secrets = mesh.secrets(account);
    Secret.KeyPair own = (Secret.KeyPair) secrets.getFirst();
    Secret.TrustBundle roots = (Secret.TrustBundle) secrets.getLast();
    return "{alpn_protocols: [h2], tls_certificates: [{certificate_chain: {inline_string: \"%s\"},"
            .formatted(line(own.chainPem()))
        + " private_key: {inline_string: \"%s\"}}], validation_context: {trusted_ca:"
            .formatted(line(own.keyPem()))
        + " {inline_string: \"%s\"}}}".formatted(line(roots.rootsPem()));
  }

  private static String line(String pem) {
    return pem.replace("\n", "\\n");
  }
}
