// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.yaml;

/**
 * What a text may cost to read.
 *
 * @param bytes of the whole text
 * @param depth of nested values
 * @param values of one document, aliases expanded
 * @param documents of the whole text, items of lists counted
 */
public record Limits(int bytes, int depth, int values, int documents) {

  /** 4 MiB, 64 levels, 200,000 values, 20,000 documents. */
  public static final Limits DEFAULT = new Limits(4 << 20, 64, 200_000, 20_000);
}
