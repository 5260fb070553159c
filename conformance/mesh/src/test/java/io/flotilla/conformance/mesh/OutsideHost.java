// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.mesh;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.function.Consumer;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A web server outside the mesh that speaks TLS alone, with a certificate of a CA that OpenSSL made
 * for it. It answers {@link #ANSWER} to everything.
 */
public final class OutsideHost implements AutoCloseable {
  /** Its name. */
  public static final String NAME = "outside.example";

  /** What it answers. */
  public static final String ANSWER = "from outside, over TLS";

  private static final int NOBODY = 9;
  private static final char[] PASSWORD = "changeit".toCharArray();

  private final HttpsServer server;

  private OutsideHost(HttpsServer server) {
    this.server = server;
  }

  /** Who asked ({@code address}) for what ({@code path}). */
  public record Visit(String address, String path) {}

  /** The root of a new CA, which has certified {@link #NAME}, and the server's key store. */
  public record Certified(Path root, Path store) {
    /** Makes both in {@code folder}. */
    public static Certified in(Path folder) throws IOException, InterruptedException {
      Files.createDirectories(folder);
      Files.writeString(folder.resolve("san"), "subjectAltName=DNS:" + NAME + "\n");
      String key = "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
      openssl(folder, key + " -x509 -days 2 -subj /CN=outside-root -keyout ca.key -out ca.pem");
      openssl(folder, key + " -subj /CN=" + NAME + " -keyout host.key -out host.csr");
      openssl(
          folder,
          "x509 -req -days 2 -in host.csr -CA ca.pem -CAkey ca.key -CAcreateserial"
              + " -extfile san -out host.pem");
      openssl(
          folder,
          "pkcs12 -export -in host.pem -inkey host.key -certfile ca.pem -out host.p12 -passout pass:"
              + new String(PASSWORD));
      return new Certified(folder.resolve("ca.pem"), folder.resolve("host.p12"));
    }

    private static void openssl(Path folder, String arguments)
        throws IOException, InterruptedException {
      Process process =
          new ProcessBuilder(("openssl " + arguments).split(" "))
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IOException("openssl " + arguments + " failed: " + output);
      }
    }
  }

  /** Starts one; port 0: a free one; {@code seen} gets its visitors. */
  public static OutsideHost start(Path store, InetAddress address, int port, Consumer<Visit> seen)
      throws IOException, GeneralSecurityException {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD);
    }
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    HttpsServer server = HttpsServer.create(new InetSocketAddress(address, port), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    server.createContext(
        "/",
        exchange -> {
          seen.accept(
              new Visit(
                  exchange.getRemoteAddress().getAddress().getHostAddress(),
                  exchange.getRequestURI().getPath()));
          byte[] body = ANSWER.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    return new OutsideHost(server);
  }

  /**
   * A process of its own: {@code main STORE ADDRESS PORT}. It says "listening", and then a line a
   * visit: "ADDRESS PATH".
   */
  public static void main(String[] args) throws IOException, GeneralSecurityException {
    start(
        Path.of(args[0]),
        InetAddress.ofLiteral(args[1]),
        Integer.parseInt(args[2]),
        visit -> System.out.println(visit.address() + " " + visit.path()));
    System.out.println("listening");
  }

  /** Its port. */
  public int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
  }

  /**
   * The configuration of upstream's task "Egress Gateways with TLS Origination" for this host.
   *
   * @param address where the host is
   * @param tls the rest of the settings by which the egress gateway verifies it: {@code
   *     "caCertificates: FILE"} or {@code "credentialName: NAME"}
   */
  public static String configuration(String address, int port, String tls) {
    return configuration(address, NOBODY, port, tls);
  }

  /**
   * The same.
   *
   * @param plain a port of the host that takes plain HTTP, to which nothing should ever come
   */
  public static String configuration(String address, int plain, int port, String tls) {
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
          - address: %s
            ports: {http: %d, https: %d}
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
              tls: {mode: SIMPLE, sni: outside.example, subjectAltNames: [outside.example], %s}
        """
        .formatted(address, plain, port, tls);
  }
}
