// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate;

/**
 * Something in the configuration that could not be translated as it was meant. The rest of the
 * object, and all other objects, are in force.
 *
 * @param code a stable word for tools, "MissingSubset"
 * @param source the object, "networking.istio.io/v1/VirtualService default/reviews"
 * @param message a sentence that names the place and the remedy
 */
public record Problem(String code, String source, String message) implements Comparable<Problem> {
  @Override
  public int compareTo(Problem other) {
    int bySource = source.compareTo(other.source);
    if (bySource != 0) {
      return bySource;
    }
    int byCode = code.compareTo(other.code);
    return byCode != 0 ? byCode : message.compareTo(other.message);
  }
}
