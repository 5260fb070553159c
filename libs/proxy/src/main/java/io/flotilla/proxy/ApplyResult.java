// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import java.util.List;

/**
 * What became of a snapshot.
 *
 * @param problems sentences; empty: all of it is in force
 */
public record ApplyResult(long revision, List<String> problems) {
  public ApplyResult {
    problems = List.copyOf(problems);
  }
}
