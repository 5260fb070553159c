// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.jwt;

import org.jspecify.annotations.Nullable;

/** A request, as the search for tokens sees it. */
public interface TokenCarrier {
  /** The header's values, joined by commas; null: absent. */
  @Nullable String header(String name);

  /** The first value of a query parameter, decoded; null: absent. */
  @Nullable String parameter(String name);

  /** The value of a cookie; null: absent. */
  @Nullable String cookie(String name);
}
