// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.server;

import java.util.Map;

/**
 * All that a stream may ask for, at one revision.
 *
 * @param revision monotone for one origin
 * @param types type URL to name to resource; a type that is absent is not known yet, and nothing is
 *     answered for it
 */
public record ResourceSet(long revision, Map<String, Map<String, VersionedResource>> types) {
  public ResourceSet {
    types = Map.copyOf(types);
  }
}
