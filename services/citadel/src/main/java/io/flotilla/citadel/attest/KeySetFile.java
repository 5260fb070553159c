// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel.attest;

import io.flotilla.citadel.Refusal;
import io.flotilla.citadel.Refusal.Kind;
import io.flotilla.identity.InvalidIdentityException;
import io.flotilla.identity.JsonWebKeys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The keys in a JWKS file, read again when the file changes. While a changed file cannot be read
 * the keys that were read last stay in force.
 */
public final class KeySetFile implements Supplier<JsonWebKeys> {
  private static final System.Logger LOG = System.getLogger(KeySetFile.class.getName());
  private static final int LONGEST = 1 << 20;

  private final Optional<Path> file;
  private @Nullable JsonWebKeys keys;
  private @Nullable Version version;

  private record Version(FileTime modified, long size, @Nullable Object fileKey) {}

  public KeySetFile(Optional<Path> file) {
    this.file = file;
  }

  @Override
  public synchronized JsonWebKeys get() {
    Path path =
        file.orElseThrow(
            () ->
                new Refusal(
                    Kind.UNAUTHENTICATED,
                    "Tokens are not accepted here: set flotilla.citadel.attest.jwt.jwks-file"));
    try {
      Version now = version(path);
      if (keys == null || !now.equals(version)) {
        keys = read(path);
        version = now;
      }
      return keys;
    } catch (IOException | InvalidIdentityException e) {
      if (keys != null) {
        LOG.log(
            System.Logger.Level.WARNING,
            "the key set file {0} cannot be read, its last keys stay in force: {1}",
            path,
            e.getMessage());
        return keys;
      }
      throw new Refusal(
          Kind.UNAVAILABLE,
          "The keys that verify tokens cannot be read from " + path + ": write a JWKS file there");
    }
  }

  private static Version version(Path path) throws IOException {
    BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
    return new Version(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
  }

  private static JsonWebKeys read(Path path) throws IOException {
    if (Files.size(path) > LONGEST) {
      throw new IOException("it is larger than " + LONGEST + " bytes");
    }
    return JsonWebKeys.parse(
        Files.readString(path, StandardCharsets.UTF_8), "key set file " + path);
  }
}
