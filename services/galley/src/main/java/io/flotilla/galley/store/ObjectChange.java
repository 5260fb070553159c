// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley.store;

import io.flotilla.api.ObjectKey;
import io.flotilla.api.Resource;
import java.util.Optional;

/**
 * What a revision did to one object.
 *
 * @param resource what is in force now; empty: removed
 */
public record ObjectChange(ObjectKey key, Kind kind, Optional<Resource<?>> resource) {

  /** What happened. */
  public enum Kind {
    ADDED,
    CHANGED,
    REMOVED,
    /** It is again as it was at an earlier revision. */
    ROLLED_BACK
  }
}
