// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.cluster;

import io.flotilla.model.Checks;
import io.flotilla.model.InvalidModelException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Parts of a cluster that its routes may ask for by the metadata of endpoints (Envoy documentation,
 * "Load balancer subsets"). Values of metadata are strings, doubles, booleans, lists and maps.
 *
 * @param fallback for requests that ask for none, or for one that is not there
 * @param defaultSubset what endpoints must have to be in the default subset; empty: all are in it
 * @param selectors the sets of keys by which routes may ask
 * @param localityWeighted whether the weights of localities, where they count at all, count in
 *     subsets
 */
public record Subsets(
    Fallback fallback,
    Map<String, Object> defaultSubset,
    List<Selector> selectors,
    boolean localityWeighted) {
  public Subsets {
    defaultSubset = Map.copyOf(defaultSubset);
    selectors = List.copyOf(selectors);
    Set<Set<String>> seen = new HashSet<>();
    for (Selector selector : selectors) {
      if (!seen.add(selector.keys())) {
        throw new InvalidModelException(
            "two selectors of subsets have the keys " + selector.keys());
      }
    }
  }

  /** What becomes of a request whose subset is not there. */
  public enum Fallback {
    /** It finds no endpoint. */
    NO_ENDPOINT,
    ANY_ENDPOINT,
    DEFAULT_SUBSET,
    /** Of a selector only: the subset by some of its keys. */
    FEWER_KEYS,
    /** Of a selector only: what the cluster says. */
    AS_CLUSTER
  }

  /**
   * @param fewerKeys some of the keys, for {@link Fallback#FEWER_KEYS}
   */
  public record Selector(Set<String> keys, Fallback fallback, Set<String> fewerKeys) {
    public Selector {
      keys = Set.copyOf(keys);
      fewerKeys = Set.copyOf(fewerKeys);
      Checks.require(!keys.isEmpty(), "a selector of subsets must have at least one key");
      if (fallback == Fallback.FEWER_KEYS) {
        Checks.require(
            !fewerKeys.isEmpty() && fewerKeys.size() < keys.size() && keys.containsAll(fewerKeys),
            "the keys " + fewerKeys + " must be some, not all, of the selector's " + keys);
      }
    }
  }
}
