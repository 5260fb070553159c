// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley.store;

import io.flotilla.api.Rejection;
import java.time.Instant;
import java.util.List;

/**
 * One step of the configuration: who, when, what and why.
 *
 * @param author who owns the file; empty: unknown
 * @param cause the objects' own words (annotation {@code kubernetes.io/change-cause}), or what
 *     happened to the file
 * @param files the files that changed
 * @param rejections those that this step brought
 */
public record Revision(
    long revision,
    Instant time,
    String author,
    String cause,
    List<String> files,
    List<ObjectChange> changes,
    List<Rejection> rejections) {
  public Revision {
    files = List.copyOf(files);
    changes = List.copyOf(changes);
    rejections = List.copyOf(rejections);
  }
}
