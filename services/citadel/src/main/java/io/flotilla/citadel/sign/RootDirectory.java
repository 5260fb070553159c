// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel.sign;

import io.flotilla.identity.CertificateAuthority;
import io.flotilla.identity.InvalidIdentityException;
import io.flotilla.identity.Pem;
import io.flotilla.identity.TrustDomain;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.Set;

/**
 * Keeps the root of our own. Key and certificate are one file, {@value #ROOT}, so that it is either
 * whole or not there: it is written beside, forced to the disk and renamed. {@value #BUNDLE} holds
 * the public half for whoever needs to trust it. The directory has mode 0700, the root 0600, and
 * one process at a time makes it.
 */
public final class RootDirectory {
  /** The file of key and certificate. */
  public static final String ROOT = "root.pem";

  /** The file of the certificate alone. */
  public static final String BUNDLE = "root-cert.pem";

  private static final Set<PosixFilePermission> OWNER_DIRECTORY =
      PosixFilePermissions.fromString("rwx------");
  private static final Set<PosixFilePermission> OWNER_FILE =
      PosixFilePermissions.fromString("rw-------");
  private static final Set<PosixFilePermission> PUBLIC_FILE =
      PosixFilePermissions.fromString("rw-r--r--");
  private static final String TEMPORARY = ".writing-";

  private final Path directory;

  public RootDirectory(Path directory) {
    this.directory = directory;
  }

  /**
   * The root that is kept, or a new one.
   *
   * @throws IllegalStateException if the directory cannot be used or holds what is no root
   */
  public CertificateAuthority loadOrCreate(TrustDomain domain, Duration life, Clock clock) {
    try {
      Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(OWNER_DIRECTORY));
      Files.setPosixFilePermissions(directory, OWNER_DIRECTORY);
      try (FileChannel lockFile =
              FileChannel.open(
                  directory.resolve(".lock"),
                  Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                  PosixFilePermissions.asFileAttribute(OWNER_FILE));
          FileLock held = lockFile.lock()) {
        if (!held.isValid()) {
          throw new IOException("its lock was lost");
        }
        return locked(domain, life, clock);
      }
    } catch (IOException e) {
      throw new IllegalStateException(
          "Citadel cannot keep its root in "
              + directory
              + ": "
              + e
              + "; make the directory writable or set flotilla.citadel.root.dir",
          e);
    }
  }

  private CertificateAuthority locked(TrustDomain domain, Duration life, Clock clock)
      throws IOException {
    removeUnfinished();
    Path file = directory.resolve(ROOT);
    CertificateAuthority authority;
    if (Files.exists(file)) {
      Files.setPosixFilePermissions(file, OWNER_FILE);
      authority = read(file, clock);
    } else if (Files.exists(directory.resolve(BUNDLE))) {
      throw new IllegalStateException(
          "Citadel's root is gone: "
              + directory.resolve(BUNDLE)
              + " is there, which workloads trust, but not its key in "
              + file
              + "; restore that file from a copy, or remove both to begin with a new root, which no"
              + " running workload trusts");
    } else {
      authority = CertificateAuthority.createRoot(domain, life, clock);
      write(file, authority.key().toPem() + Pem.encode(authority.issuers()), OWNER_FILE);
    }
    write(directory.resolve(BUNDLE), authority.roots().pem(), PUBLIC_FILE);
    return authority;
  }

  private static CertificateAuthority read(Path file, Clock clock) throws IOException {
    String text = Files.readString(file, StandardCharsets.UTF_8);
    try {
      return CertificateAuthority.load(text, text, text, clock);
    } catch (InvalidIdentityException e) {
      throw new IllegalStateException(
          "Citadel cannot use the root in "
              + file
              + ": "
              + e.getMessage()
              + "; restore the file from a copy, or remove it to begin with a new root, which no"
              + " running workload trusts",
          e);
    }
  }

  private void write(Path file, String text, Set<PosixFilePermission> permissions)
      throws IOException {
    Path beside =
        Files.createTempFile(
            directory, TEMPORARY, "", PosixFilePermissions.asFileAttribute(OWNER_FILE));
    try (FileChannel channel = FileChannel.open(beside, StandardOpenOption.WRITE)) {
      ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.setPosixFilePermissions(beside, permissions);
    Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    try (FileChannel self = FileChannel.open(directory, StandardOpenOption.READ)) {
      self.force(true);
    }
  }

  private void removeUnfinished() throws IOException {
    try (DirectoryStream<Path> left = Files.newDirectoryStream(directory, TEMPORARY + "*")) {
      for (Path each : left) {
        Files.deleteIfExists(each);
      }
    }
  }
}
