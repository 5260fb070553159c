// SPDX-License-Identifier: Apache-2.0
package io.flotilla.rules;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the rules see of a request. Header names are given in lower case. */
public interface RequestView {
  /** Upper case. */
  String method();

  /** The path with its query, as it will be matched. */
  String pathAndQuery();

  /** Lower case, with the port if the client sent one. */
  String authority();

  /** "http" or "https". */
  String scheme();

  /** The header's values joined by a comma, or null when absent. */
  @Nullable String header(String name);

  /** All values of a header, in order; those of one line are not told apart. */
  default List<String> headers(String name) {
    String all = header(name);
    return all == null ? List.of() : List.of(all);
  }

  /** The path without its query. */
  default String path() {
    String all = pathAndQuery();
    int end = all.indexOf('?');
    return end < 0 ? all : all.substring(0, end);
  }
}
