// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley.store;

import io.flotilla.api.ObjectKey;
import io.flotilla.api.PassedBy;
import io.flotilla.api.Rejection;
import io.flotilla.galley.intake.FileSignature;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one file contributes.
 *
 * @param objects what it holds, with the last good version where the newest is refused
 */
public record FileState(
    String file,
    FileSignature signature,
    Map<ObjectKey, InForce> objects,
    List<Rejection> rejections,
    List<PassedBy> passedBy) {
  public FileState {
    objects = Collections.unmodifiableMap(new LinkedHashMap<>(objects));
    rejections = List.copyOf(rejections);
    passedBy = List.copyOf(passedBy);
  }
}
