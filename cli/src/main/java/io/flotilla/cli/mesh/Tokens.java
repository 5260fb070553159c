// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

import io.flotilla.identity.InvalidIdentityException;
import io.flotilla.identity.JsonWebKeys;
import io.flotilla.identity.JwtClaims;
import io.flotilla.identity.JwtSigner;
import io.flotilla.identity.KeyMaterial;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.PublicKey;
import java.time.Duration;
import java.time.Instant;

/**
 * The tokens by which the workloads of a local mesh prove to Citadel who they are, in the place of
 * Kubernetes' service account tokens: signed with a key of this mesh, whose public half Citadel
 * reads from {@link #keySet}. Every file has mode 0600.
 */
final class Tokens {
  static final String ISSUER = "flotilla-up";
  static final String AUDIENCE = "istio-ca";

  private static final String KEY_ID = "local";
  private static final Duration LIFE = Duration.ofDays(30);
  private static final Duration CLOCK_SKEW = Duration.ofSeconds(5);
  private static final FileAttribute<?> OURS_ALONE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final FileAttribute<?> OUR_FOLDER =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private final Path directory;
  private final JwtSigner signer;

  private Tokens(Path directory, JwtSigner signer) {
    this.directory = directory;
    this.signer = signer;
  }

  /** The tokens under {@code directory}; makes the signing key if there is none yet. */
  static Tokens in(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Files.createDirectories(directory, OUR_FOLDER);
    }
    Path keyFile = directory.resolve("signing-key.pem");
    Path setFile = directory.resolve("jwks.json");
    if (!Files.exists(keyFile) || !Files.exists(setFile)) {
      KeyMaterial key = KeyMaterial.p256();
      secret(keyFile, key.toPem());
      secret(setFile, new JwtSigner(key, KEY_ID).keys().toJson());
    }
    try {
      JsonWebKeys keys = JsonWebKeys.parse(Files.readString(setFile), setFile.toString());
      PublicKey publicKey = keys.keys().get(KEY_ID);
      if (publicKey == null) {
        throw new InvalidIdentityException(setFile + " has no key '" + KEY_ID + "'");
      }
      KeyMaterial key = KeyMaterial.parse(Files.readString(keyFile), publicKey, keyFile.toString());
      return new Tokens(directory, new JwtSigner(key, KEY_ID));
    } catch (InvalidIdentityException e) {
      throw new MeshException(
          "The signing key of the local mesh is damaged ("
              + e.getMessage()
              + "): remove "
              + directory
              + ".",
          e);
    }
  }

  /** The public half, as a JSON web key set. */
  Path keySet() {
    return directory.resolve("jwks.json");
  }

  /** The file with a new token of a service account. */
  Path mint(String namespace, String serviceAccount) throws IOException {
    Instant now = Instant.now();
    Path file = directory.resolve(serviceAccount + "." + namespace + ".jwt");
    secret(
        file,
        signer.sign(
            JwtClaims.of(
                ISSUER,
                "system:serviceaccount:" + namespace + ":" + serviceAccount,
                AUDIENCE,
                now.minus(CLOCK_SKEW),
                now.plus(LIFE))));
    return file;
  }

  /** Writes a file that never existed with another mode. */
  private static void secret(Path file, String text) throws IOException {
    Path half = file.resolveSibling("." + file.getFileName() + ".tmp");
    try {
      Files.createFile(half, OURS_ALONE);
    } catch (FileAlreadyExistsException e) {
      // Left by a start that was cut off.
      Files.delete(half);
      Files.createFile(half, OURS_ALONE);
    }
    Files.writeString(half, text);
    Files.move(half, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
