// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.dns;

import io.flotilla.model.Checks;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The names that a workload resolves without asking anybody (Istio's NDS).
 *
 * @param names by fully qualified name in lower case without the last dot; "*.suffix" stands for
 *     every name below the suffix
 */
public record NameTable(Map<String, Name> names) {
  /** No name is known. */
  public static final NameTable EMPTY = new NameTable(Map.of());

  public NameTable {
    names.keySet().forEach(name -> Checks.notEmpty(name, "name of the name table"));
    names = Collections.unmodifiableMap(new TreeMap<>(names));
  }

  /**
   * What one name stands for.
   *
   * @param addresses IP literals, at least one
   * @param kubernetes declared by a Kubernetes Service: its short forms are names too
   * @param shortName of a Service: what it is called within {@code namespace}; else empty
   * @param namespace of a Service; else empty
   */
  public record Name(
      List<String> addresses, boolean kubernetes, String shortName, String namespace) {
    public Name {
      addresses = List.copyOf(addresses);
    }

    /** A name of a ServiceEntry: it has no short forms. */
    public static Name external(List<String> addresses) {
      return new Name(addresses, false, "", "");
    }
  }
}
