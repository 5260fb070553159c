// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel.sign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.identity.CertificateAuthority;
import io.flotilla.identity.Pem;
import io.flotilla.identity.TrustDomain;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PluggedInDirectoryTest {
  private final CertificateAuthority root =
      CertificateAuthority.createRoot(
          TrustDomain.CLUSTER_LOCAL, Duration.ofDays(3650), Clock.systemUTC());
  private final CertificateAuthority intermediate =
      root.createIntermediate("intermediate", Duration.ofDays(365));

  @TempDir Path folder;

  @BeforeEach
  void mount() throws Exception {
    write("ca-cert.pem", Pem.encode(intermediate.issuers().getFirst()));
    write("ca-key.pem", intermediate.key().toPem());
    write("cert-chain.pem", Pem.encode(intermediate.issuers()));
    write("root-cert.pem", root.roots().pem());
  }

  @Test
  void readsIstiosLayout() {
    CertificateAuthority found = load();

    assertThat(found.issuers()).isEqualTo(intermediate.issuers());
    assertThat(found.roots()).isEqualTo(root.roots());
  }

  @Test
  void readsAChainWithoutTheRoot() throws Exception {
    write("cert-chain.pem", Pem.encode(intermediate.issuers().getFirst()));

    assertThat(load().issuers()).isEqualTo(intermediate.issuers());
  }

  @Test
  void readsACertManagersLayout() throws Exception {
    for (String name :
        new String[] {"ca-cert.pem", "ca-key.pem", "cert-chain.pem", "root-cert.pem"}) {
      Files.delete(folder.resolve(name));
    }
    write("tls.crt", Pem.encode(intermediate.issuers().getFirst()));
    write("tls.key", intermediate.key().toPem());
    write("ca.crt", root.roots().pem());

    assertThat(load().issuers()).isEqualTo(intermediate.issuers());
  }

  @Test
  void findsNothingWhereNothingIsMounted() {
    assertThat(new PluggedInDirectory(folder.resolve("none")).load(Clock.systemUTC())).isEmpty();
  }

  @Test
  void saysWhichFileIsMissing() throws Exception {
    Files.delete(folder.resolve("ca-key.pem"));

    assertThatThrownBy(this::load).hasMessageContaining("ca-key.pem is missing");
  }

  @Test
  void refusesAnotherRoot() throws Exception {
    write(
        "root-cert.pem",
        CertificateAuthority.createRoot(
                TrustDomain.CLUSTER_LOCAL, Duration.ofDays(1), Clock.systemUTC())
            .roots()
            .pem());

    assertThatThrownBy(this::load).hasMessageContaining("does not chain");
  }

  private CertificateAuthority load() {
    return new PluggedInDirectory(folder).load(Clock.systemUTC()).orElseThrow();
  }

  private void write(String name, String text) throws Exception {
    Files.writeString(folder.resolve(name), text);
  }
}
