// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel.sign;

import io.flotilla.identity.CertificateAuthority;
import io.flotilla.identity.InvalidIdentityException;
import io.flotilla.identity.Pem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * An issuing certificate that was made elsewhere and mounted: Istio's {@code cacerts} secret
 * ({@code ca-cert.pem}, {@code ca-key.pem}, {@code cert-chain.pem}, {@code root-cert.pem}) or a
 * {@code kubernetes.io/tls} secret ({@code tls.crt}, {@code tls.key}, {@code ca.crt}), as Istio's
 * guide "Plug in CA Certificates" and cert-manager make them.
 */
public final class PluggedInDirectory {
  private final Path directory;

  public PluggedInDirectory(Path directory) {
    this.directory = directory;
  }

  /**
   * The authority in the directory; empty: nothing is mounted there.
   *
   * @throws IllegalStateException if what is mounted is incomplete or does not fit together
   */
  public Optional<CertificateAuthority> load(Clock clock) {
    try {
      if (Files.exists(directory.resolve("ca-cert.pem"))) {
        String chain = read("ca-cert.pem");
        Path further = directory.resolve("cert-chain.pem");
        if (Files.exists(further)) {
          chain = joined(chain, read("cert-chain.pem"));
        }
        return Optional.of(
            CertificateAuthority.load(chain, read("ca-key.pem"), read("root-cert.pem"), clock));
      }
      if (Files.exists(directory.resolve("tls.crt"))) {
        return Optional.of(
            CertificateAuthority.load(read("tls.crt"), read("tls.key"), read("ca.crt"), clock));
      }
      return Optional.empty();
    } catch (IOException | InvalidIdentityException e) {
      throw new IllegalStateException(
          "Citadel cannot use the certificate authority that is plugged in at "
              + directory
              + ": "
              + e.getMessage()
              + "; correct its files or unset flotilla.citadel.plugged-in.dir",
          e);
    }
  }

  /**
   * Istio's {@code cert-chain.pem} begins with the issuing certificate again, or goes on from it.
   */
  private static String joined(String first, String chain) {
    Set<X509Certificate> all = new LinkedHashSet<>(Pem.certificates(first, "file ca-cert.pem"));
    all.addAll(Pem.certificates(chain, "file cert-chain.pem"));
    return Pem.encode(List.copyOf(all));
  }

  private String read(String name) throws IOException {
    Path file = directory.resolve(name);
    if (!Files.exists(file)) {
      throw new IOException("the file " + name + " is missing");
    }
    return Files.readString(file, StandardCharsets.UTF_8);
  }
}
