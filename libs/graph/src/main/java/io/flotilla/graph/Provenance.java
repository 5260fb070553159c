// SPDX-License-Identifier: Apache-2.0
package io.flotilla.graph;

import java.util.Set;

/**
 * The source entries that a derived entry came from, through all functions between. What a function
 * read by key, by index or as a whole counts, whether or not it shows in the result.
 */
public record Provenance(Set<Origin> origins) {
  public Provenance {
    origins = Set.copyOf(origins);
  }

  /**
   * One entry of a source.
   *
   * @param source the source's name
   * @param changed when this entry last changed
   */
  public record Origin(String source, Object key, Revision changed) {}
}
