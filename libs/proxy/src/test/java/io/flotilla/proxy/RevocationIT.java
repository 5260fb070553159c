// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.FilterChainMatch;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.tls.CertificateRef;
import io.flotilla.model.tls.DownstreamTls;
import io.flotilla.model.tls.PeerValidation;
import io.flotilla.model.tls.Secret;
import io.flotilla.model.tls.TlsContext;
import io.flotilla.model.tls.TrustRef;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients of openssl with certificates that openssl signed and revoked, at a gateway that takes
 * only some of them.
 */
class RevocationIT {
  private static final String SECRET = "kubernetes://gateway";
  private static final String REQUEST = "GET /x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

  private @TempDir Path folder;
  private final EchoApp app = new EchoApp("app");
  private final EngineFixture proxy = new EngineFixture("gateway");
  private long revision;

  @BeforeEach
  void sign() throws Exception {
    certify("ca", "/O=the roots", "-addext", "basicConstraints=critical,CA:TRUE");
    for (String name : List.of("server", "good", "bad")) {
      certify(name, "/O=" + name, "-CA", "ca.crt", "-CAkey", "ca.key");
    }
    Files.writeString(
        folder.resolve("ca.cnf"),
        "[ca]\ndefault_ca=here\n[here]\ndatabase=index\ncrlnumber=number\ndefault_md=sha256\n"
            + "default_crl_days=2\n");
    Files.writeString(folder.resolve("index"), "");
    Files.writeString(folder.resolve("number"), "01\n");
  }

  @AfterEach
  void stop() {
    proxy.close();
    app.close();
  }

  @Test
  void refusesWhatItsSecretRevokes() throws Exception {
    serve(trusting(Optional.empty()), "");
    assertThat(ask("good")).contains("app=app");
    assertThat(ask("bad")).contains("app=app");

    serve(trusting(Optional.empty()), revoke("bad"));

    assertThat(ask("good")).contains("app=app");
    assertThat(ask("bad")).doesNotContain("app=app");
    assertThat(ask("")).as("without a certificate").doesNotContain("app=app");
  }

  @Test
  void refusesWhatAListOfTheListenersRevokes() throws Exception {
    String list = revoke("bad");
    Path file = Files.writeString(folder.resolve("list.pem"), list);

    for (TrustRef revocations :
        List.of(new TrustRef.Inline(list), new TrustRef.File(file.toString()))) {
      serve(trusting(Optional.of(revocations)), "");

      assertThat(ask("good")).contains("app=app");
      assertThat(ask("bad")).doesNotContain("app=app");
    }
  }

  @Test
  void takesNobodyByAListOfAnotherAuthority() throws Exception {
    String list = revoke("bad");
    certify("ca", "/O=others", "-addext", "basicConstraints=critical,CA:TRUE");
    certify("good", "/O=good", "-CA", "ca.crt", "-CAkey", "ca.key");

    serve(trusting(Optional.empty()), list);

    assertThat(ask("good")).as("nothing tells whether it is revoked").doesNotContain("app=app");
  }

  @Test
  void takesOnlyCertificatesAndKeysOfTheHashesGiven() throws Exception {
    String certificate =
        openssl("x509", "-in", "good.crt", "-noout", "-fingerprint", "-sha256")
            .replaceAll("(?s).*=", "")
            .strip();
    serve(
        new PeerValidation(
            new TrustRef.Sds(SECRET + "-cacert"),
            List.of(),
            Set.of(certificate),
            Set.of(),
            Optional.empty()),
        "");
    assertThat(ask("good")).contains("app=app");
    assertThat(ask("bad")).doesNotContain("app=app");

    String key =
        run(
            "bash",
            "-c",
            "openssl x509 -in good.crt -noout -pubkey | openssl pkey -pubin -outform DER"
                + " | openssl dgst -sha256 -binary | base64");
    serve(
        new PeerValidation(
            new TrustRef.Sds(SECRET + "-cacert"),
            List.of(),
            Set.of(),
            Set.of(key.strip()),
            Optional.empty()),
        "");
    assertThat(ask("good")).contains("app=app");
    assertThat(ask("bad")).doesNotContain("app=app");
  }

  private static PeerValidation trusting(Optional<TrustRef> revocations) {
    return new PeerValidation(
        new TrustRef.Sds(SECRET + "-cacert"), List.of(), Set.of(), Set.of(), revocations);
  }

  private void serve(PeerValidation validation, String revocations) throws IOException {
    DownstreamTls tls =
        new DownstreamTls(
            new TlsContext(
                Optional.of(new CertificateRef.Sds(SECRET)),
                Optional.of(validation),
                List.of("http/1.1"),
                TlsContext.Version.TLS_1_2,
                TlsContext.Version.TLS_1_3,
                List.of()),
            true);
    Listener listener =
        Listener.of(
            TestMesh.IN,
            new SocketAddress("127.0.0.1", 0),
            Listener.TrafficDirection.INBOUND,
            new FilterChain(
                "tls", FilterChainMatch.ANY, Optional.of(tls), List.of(), TestMesh.toApp()));
    proxy.apply(
        TestMesh.snapshot(
            ++revision,
            List.of(listener),
            List.of(),
            List.of(TestMesh.fixed("app", app.port())),
            List.of(
                new Secret.KeyPair(SECRET, read("server.crt"), read("server.key")),
                new Secret.TrustBundle(SECRET + "-cacert", read("ca.crt"), revocations))));
  }

  private String read(String name) throws IOException {
    return Files.readString(folder.resolve(name));
  }

  private String revoke(String name) throws Exception {
    String[] by = {"-config", "ca.cnf", "-cert", "ca.crt", "-keyfile", "ca.key"};
    openssl(all(new String[] {"ca", "-revoke", name + ".crt"}, by));
    openssl(all(new String[] {"ca", "-gencrl", "-out", "crl.pem"}, by));
    return read("crl.pem");
  }

  /** What a client with that certificate is answered. */
  private String ask(String as) throws Exception {
    InetSocketAddress at = proxy.address(TestMesh.IN);
    String certificate = as.isEmpty() ? "" : " -cert " + as + ".crt -key " + as + ".key";
    return run(
        "bash",
        "-c",
        "printf '"
            + REQUEST.replace("\r", "\\r").replace("\n", "\\n")
            + "' | timeout 10 openssl s_client -quiet -connect 127.0.0.1:"
            + at.getPort()
            + certificate
            + " 2>/dev/null || true");
  }

  /** Makes a key, and a certificate of it that is its own or, as {@code more} says, another's. */
  private void certify(String name, String subject, String... more) throws Exception {
    openssl(
        all(
            new String[] {
              "req",
              "-x509",
              "-subj",
              subject,
              "-keyout",
              name + ".key",
              "-out",
              name + ".crt",
              "-days",
              "2",
              "-newkey",
              "ec",
              "-pkeyopt",
              "ec_paramgen_curve:prime256v1",
              "-nodes"
            },
            more));
  }

  private String openssl(String... arguments) throws Exception {
    return run(all(new String[] {"openssl"}, arguments));
  }

  private static String[] all(String[] first, String[] then) {
    List<String> both = new ArrayList<>(Arrays.asList(first));
    both.addAll(Arrays.asList(then));
    return both.toArray(String[]::new);
  }

  private String run(String... command) throws Exception {
    Path said = Files.createTempFile(folder, "said", "");
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    boolean ended = process.waitFor(30, TimeUnit.SECONDS);
    String text = Files.readString(said, StandardCharsets.ISO_8859_1);
    assertThat(ended && process.exitValue() == 0).as("%s: %s", command[0], text).isTrue();
    return text;
  }
}
