// SPDX-License-Identifier: Apache-2.0
package io.flotilla.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What OpenSSL and Go's crypto/x509 say of our certificates. */
class ForeignVerifierIT {
  private static final SpiffeId REVIEWS =
      SpiffeId.of(TrustDomain.CLUSTER_LOCAL, "default", "reviews");

  private final CertificateAuthority authority =
      CertificateAuthority.createRoot(
          TrustDomain.CLUSTER_LOCAL, Duration.ofDays(3650), Clock.systemUTC());

  @TempDir Path folder;

  @Test
  void opensslAcceptsAChainOfARoot() throws Exception {
    Svid svid = authority.issue(REVIEWS, List.of(), Duration.ofHours(24));

    assertThat(opensslVerify(svid)).contains("leaf.pem: OK");
  }

  @Test
  void opensslAcceptsAChainOfAnIntermediate() throws Exception {
    Svid svid =
        authority
            .createIntermediate("intermediate", Duration.ofDays(30))
            .issue(REVIEWS, List.of("istiod.istio-system.svc"), Duration.ofHours(24));

    assertThat(opensslVerify(svid)).contains("leaf.pem: OK");
  }

  @Test
  void opensslsKeysAndRequestsAreAccepted() throws Exception {
    assumeInstalled("openssl");
    for (List<String> algorithm :
        List.of(
            List.of("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            List.of("-newkey", "rsa:2048"))) {
      List<String> command = new java.util.ArrayList<>(List.of("openssl", "req", "-new", "-nodes"));
      command.addAll(algorithm);
      command.addAll(
          List.of(
              "-subj",
              "/",
              "-addext",
              "subjectAltName=URI:" + REVIEWS,
              "-keyout",
              "k.pem",
              "-out",
              "r.pem"));
      run(command);

      CertificateSigningRequest request =
          CertificateSigningRequest.parse(Files.readString(folder.resolve("r.pem")));

      assertThat(request.spiffeId()).contains(REVIEWS);
      KeyMaterial.parse(
          Files.readString(folder.resolve("k.pem")), request.publicKey(), "key of openssl");
    }
  }

  @Test
  void opensslsOlderKeyFormsAreAccepted() throws Exception {
    assumeInstalled("openssl");
    KeyMaterial ec = KeyMaterial.p256();
    KeyMaterial rsa = KeyMaterial.rsa(2048);
    Files.writeString(folder.resolve("ec.pem"), ec.toPem());
    Files.writeString(folder.resolve("rsa.pem"), rsa.toPem());
    run(List.of("openssl", "ec", "-in", "ec.pem", "-out", "ec1.pem"));
    run(List.of("openssl", "rsa", "-in", "rsa.pem", "-traditional", "-out", "rsa1.pem"));

    String sec1 = Files.readString(folder.resolve("ec1.pem"));
    String pkcs1 = Files.readString(folder.resolve("rsa1.pem"));

    assertThat(sec1).contains("BEGIN EC PRIVATE KEY");
    assertThat(pkcs1).contains("BEGIN RSA PRIVATE KEY");
    KeyMaterial.parse(sec1, ec.publicKey(), "key file");
    KeyMaterial.parse(pkcs1, rsa.publicKey(), "key file");
  }

  @Test
  void goAcceptsAChainOfAnIntermediate() throws Exception {
    assumeInstalled("go");
    Svid svid =
        authority
            .createIntermediate("intermediate", Duration.ofDays(30))
            .issue(REVIEWS, List.of(), Duration.ofHours(24));
    write(svid);
    Files.writeString(folder.resolve("go.mod"), "module check\n\ngo 1.18\n");
    Files.writeString(
        folder.resolve("main.go"),
        """
        package main

        import (
        	"crypto/x509"
        	"encoding/pem"
        	"fmt"
        	"os"
        )

        func pool(name string) *x509.CertPool {
        	text, _ := os.ReadFile(name)
        	made := x509.NewCertPool()
        	made.AppendCertsFromPEM(text)
        	return made
        }

        func main() {
        	text, _ := os.ReadFile("leaf.pem")
        	block, _ := pem.Decode(text)
        	leaf, err := x509.ParseCertificate(block.Bytes)
        	if err != nil {
        		panic(err)
        	}
        	_, err = leaf.Verify(x509.VerifyOptions{
        		Roots: pool("root.pem"), Intermediates: pool("chain.pem"),
        		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
        	})
        	if err != nil {
        		panic(err)
        	}
        	fmt.Println("verified", leaf.URIs[0])
        }
        """);

    assertThat(run(List.of("go", "run", "."))).contains("verified " + REVIEWS);
  }

  private String opensslVerify(Svid svid) throws Exception {
    assumeInstalled("openssl");
    write(svid);
    return run(
        List.of(
            "openssl",
            "verify",
            "-x509_strict",
            "-purpose",
            "sslserver",
            "-CAfile",
            "root.pem",
            "-untrusted",
            "chain.pem",
            "leaf.pem"));
  }

  private void write(Svid svid) throws IOException {
    Files.writeString(folder.resolve("root.pem"), authority.roots().pem());
    Files.writeString(
        folder.resolve("chain.pem"), Pem.encode(svid.chain().subList(1, svid.chain().size())));
    Files.writeString(folder.resolve("leaf.pem"), Pem.encode(svid.leaf()));
  }

  private String run(List<String> command) throws Exception {
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  private static void assumeInstalled(String command) {
    boolean installed =
        java.util.Arrays.stream(System.getenv("PATH").split(":"))
            .anyMatch(each -> Files.isExecutable(Path.of(each, command)));
    Assumptions.assumeTrue(installed, command + " is not installed");
  }
}
