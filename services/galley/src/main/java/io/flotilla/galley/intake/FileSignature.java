// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley.intake;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.concurrent.TimeUnit;

/**
 * What tells one state of a file from another without reading it.
 *
 * @param size in bytes; -1: it is not there
 * @param modified in nanoseconds since 1970
 * @param key the file system's own name of it, so that a replaced file is seen
 */
public record FileSignature(long size, long modified, String key) {

  /** Of a file that is not there. */
  public static final FileSignature ABSENT = new FileSignature(-1, 0, "");

  /** Of a link that leads nowhere, or back to its own folder. */
  public static final FileSignature BROKEN = new FileSignature(-2, 0, "");

  static FileSignature of(Path file) throws IOException {
    return of(Files.readAttributes(file, BasicFileAttributes.class));
  }

  static FileSignature of(BasicFileAttributes attributes) {
    FileTime modified = attributes.lastModifiedTime();
    return new FileSignature(
        attributes.size(), modified.to(TimeUnit.NANOSECONDS), String.valueOf(attributes.fileKey()));
  }

  boolean isAbsentOrEmpty() {
    return size <= 0;
  }
}
