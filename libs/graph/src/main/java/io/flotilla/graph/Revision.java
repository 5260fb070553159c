// SPDX-License-Identifier: Apache-2.0
package io.flotilla.graph;

/**
 * Counts a graph's transactions. Zero is the empty graph; each transaction that changed a source
 * adds one.
 */
public record Revision(long number) implements Comparable<Revision> {
  /** Before the first transaction. */
  public static final Revision ZERO = new Revision(0);

  public Revision {
    if (number < 0) {
      throw new IllegalArgumentException("a revision must not be negative, but is " + number);
    }
  }

  Revision next() {
    return new Revision(number + 1);
  }

  @Override
  public int compareTo(Revision other) {
    return Long.compare(number, other.number);
  }

  @Override
  public String toString() {
    return Long.toString(number);
  }
}
