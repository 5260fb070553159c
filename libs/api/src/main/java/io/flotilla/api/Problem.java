// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api;

/**
 * One reason why a document was refused.
 *
 * @param path the field, "spec.http[0].route[1].weight"; empty: the whole document
 * @param line from 1; 0: unknown
 * @param message a sentence that names the value and the remedy
 */
public record Problem(String path, int line, String message) {

  /** "spec.hosts: must not be empty". */
  @Override
  public String toString() {
    return path.isEmpty() ? message : path + ": " + message;
  }
}
