// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel.sign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.identity.CertificateAuthority;
import io.flotilla.identity.TrustBundle;
import io.flotilla.identity.TrustDomain;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RootDirectoryTest {
  private static final Duration LIFE = Duration.ofDays(3650);

  @TempDir Path folder;

  @Test
  void keepsTheRootOverARestart() {
    CertificateAuthority made = open();

    CertificateAuthority again = open();

    assertThat(again.roots()).isEqualTo(made.roots());
    assertThat(again.key().toPem()).isEqualTo(made.key().toPem());
  }

  @Test
  void showsTheKeyToItsOwnerOnly() throws Exception {
    open();

    assertThat(mode(directory())).isEqualTo("rwx------");
    assertThat(mode(directory().resolve(RootDirectory.ROOT))).isEqualTo("rw-------");
    assertThat(Files.readString(directory().resolve(RootDirectory.BUNDLE)))
        .doesNotContain("PRIVATE");
  }

  @Test
  void closesADirectoryThatWasOpen() throws Exception {
    Files.createDirectories(directory());
    Files.setPosixFilePermissions(directory(), PosixFilePermissions.fromString("rwxr-xr-x"));

    open();

    assertThat(mode(directory())).isEqualTo("rwx------");
  }

  @Test
  void writesThePublicHalfBeside() throws Exception {
    CertificateAuthority made = open();

    String bundle = Files.readString(directory().resolve(RootDirectory.BUNDLE));

    assertThat(TrustBundle.parse(bundle, "bundle")).isEqualTo(made.roots());
  }

  @Test
  void makesNoOtherRootWhereThePrivateHalfIsGone() throws Exception {
    CertificateAuthority made = open();
    Files.delete(directory().resolve(RootDirectory.ROOT));

    assertThatThrownBy(this::open)
        .hasMessageContaining("Citadel's root is gone")
        .hasMessageContaining("restore that file from a copy");

    assertThat(TrustBundle.parse(Files.readString(directory().resolve(RootDirectory.BUNDLE)), "b"))
        .isEqualTo(made.roots());
  }

  @Test
  void removesWhatAnInterruptedWriteLeft() throws Exception {
    CertificateAuthority made = open();
    Files.writeString(directory().resolve(".writing-123"), "half of a k");

    CertificateAuthority again = open();

    assertThat(again.roots()).isEqualTo(made.roots());
    try (Stream<Path> files = Files.list(directory())) {
      assertThat(files.map(each -> each.getFileName().toString()))
          .containsExactlyInAnyOrder(".lock", RootDirectory.ROOT, RootDirectory.BUNDLE);
    }
  }

  @Test
  void neverReplacesADamagedRoot() throws Exception {
    open();
    Files.writeString(directory().resolve(RootDirectory.ROOT), "damaged");

    assertThatThrownBy(this::open)
        .hasMessageContaining("cannot use the root in")
        .hasMessageContaining("restore the file");
    assertThat(directory().resolve(RootDirectory.ROOT)).hasContent("damaged");
  }

  @Test
  void saysWhichDirectoryCannotBeUsed() throws Exception {
    Files.writeString(folder.resolve("file"), "no directory");

    assertThatThrownBy(
            () ->
                new RootDirectory(folder.resolve("file"))
                    .loadOrCreate(TrustDomain.CLUSTER_LOCAL, LIFE, Clock.systemUTC()))
        .hasMessageContaining("flotilla.citadel.root.dir");
  }

  private CertificateAuthority open() {
    return new RootDirectory(directory())
        .loadOrCreate(TrustDomain.CLUSTER_LOCAL, LIFE, Clock.systemUTC());
  }

  private Path directory() {
    return folder.resolve("citadel");
  }

  private static String mode(Path file) throws Exception {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }
}
