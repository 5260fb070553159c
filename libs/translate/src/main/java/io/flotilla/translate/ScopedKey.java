// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate;

/** Something of a scope, by name. */
record ScopedKey(String scope, String name) implements Comparable<ScopedKey> {
  @Override
  public int compareTo(ScopedKey other) {
    int byScope = scope.compareTo(other.scope);
    return byScope != 0 ? byScope : name.compareTo(other.name);
  }
}
