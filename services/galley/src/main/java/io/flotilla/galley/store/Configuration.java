// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley.store;

import io.flotilla.api.ObjectKey;
import io.flotilla.api.PassedBy;
import io.flotilla.api.Rejection;
import io.flotilla.check.Finding;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * All that is in force at one revision, and the verdict on the rest. Immutable.
 *
 * @param revision grows with every change, also across restarts
 * @param time when it came into force
 */
public record Configuration(
    long revision,
    Instant time,
    SortedMap<ObjectKey, InForce> objects,
    List<Rejection> rejections,
    List<PassedBy> passedBy,
    List<Finding> findings) {

  public Configuration {
    objects = Collections.unmodifiableSortedMap(new TreeMap<>(objects));
    rejections = List.copyOf(rejections);
    passedBy = List.copyOf(passedBy);
    findings = List.copyOf(findings);
  }

  /** Before anything was read. */
  public static Configuration empty(long revision) {
    return new Configuration(
        revision, Instant.EPOCH, new TreeMap<>(), List.of(), List.of(), List.of());
  }
}
