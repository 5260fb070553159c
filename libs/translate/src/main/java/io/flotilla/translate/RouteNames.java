// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate;

import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.HttpConnectionManager.RouteSource;
import io.flotilla.model.listener.Listener;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;

/** Which route configurations listeners ask for. */
final class RouteNames {
  private RouteNames() {}

  static Set<String> of(Collection<Listener> listeners) {
    Set<String> out = new TreeSet<>();
    for (Listener listener : listeners) {
      listener.filterChains().forEach(chain -> collect(chain, out));
      listener.defaultFilterChain().ifPresent(chain -> collect(chain, out));
    }
    return out;
  }

  private static void collect(FilterChain chain, Set<String> out) {
    if (chain.terminal() instanceof HttpConnectionManager http
        && http.routes() instanceof RouteSource.Rds(String name)) {
      out.add(name);
    }
  }
}
