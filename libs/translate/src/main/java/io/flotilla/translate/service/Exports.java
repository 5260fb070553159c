// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.service;

import java.util.Set;

/** The meaning of {@code exportTo}. */
public final class Exports {
  private Exports() {}

  /**
   * Whether an object of {@code own} namespace is seen from {@code other}.
   *
   * @param exportTo "*", ".", "~" or names of namespaces; empty: everywhere
   */
  public static boolean visible(Set<String> exportTo, String own, String other) {
    if (exportTo.isEmpty() || exportTo.contains("*")) {
      return true;
    }
    if (exportTo.contains("~")) {
      return false;
    }
    return exportTo.contains(other) || (exportTo.contains(".") && own.equals(other));
  }
}
