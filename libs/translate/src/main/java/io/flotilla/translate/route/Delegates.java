// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.route;

import io.flotilla.api.networking.HttpMatch;
import io.flotilla.api.networking.HttpRoute;
import io.flotilla.api.networking.StringMatch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Puts the routes of a delegate in the place of the route that delegates to it. */
public final class Delegates {
  private Delegates() {}

  /**
   * The delegate's routes under the conditions of the root's; those that can never meet both are
   * left out.
   */
  public static List<HttpRoute> merge(HttpRoute root, List<HttpRoute> delegate) {
    List<HttpRoute> out = new ArrayList<>();
    for (HttpRoute route : delegate) {
      if (route.delegate().isPresent()) {
        continue;
      }
      List<HttpMatch> matches = new ArrayList<>();
      if (root.match().isEmpty()) {
        matches.addAll(route.match());
      } else if (route.match().isEmpty()) {
        matches.addAll(root.match());
      } else {
        for (HttpMatch outer : root.match()) {
          for (HttpMatch inner : route.match()) {
            merge(outer, inner).ifPresent(matches::add);
          }
        }
        if (matches.isEmpty()) {
          continue;
        }
      }
      out.add(
          new HttpRoute(
              route.name().or(root::name),
              matches,
              route.route(),
              route.redirect(),
              route.directResponse(),
              route.delegate(),
              route.rewrite().or(root::rewrite),
              route.timeout().or(root::timeout),
              route.retries().or(root::retries),
              route.fault().or(root::fault),
              route.mirror().or(root::mirror),
              route.mirrors().isEmpty() ? root.mirrors() : route.mirrors(),
              route.mirrorPercent().or(root::mirrorPercent),
              route.mirrorPercentSnakeCase().or(root::mirrorPercentSnakeCase),
              route.mirrorPercentage().or(root::mirrorPercentage),
              route.corsPolicy().or(root::corsPolicy),
              route.headers().or(root::headers)));
    }
    return out;
  }

  private static Optional<HttpMatch> merge(HttpMatch outer, HttpMatch inner) {
    if (!within(outer.uri(), inner.uri())
        || (outer.port().isPresent()
            && inner.port().isPresent()
            && !outer.port().equals(inner.port()))) {
      return Optional.empty();
    }
    return Optional.of(
        new HttpMatch(
            inner.name().or(outer::name),
            inner.uri().or(outer::uri),
            inner.scheme().or(outer::scheme),
            inner.method().or(outer::method),
            inner.authority().or(outer::authority),
            both(outer.headers(), inner.headers()),
            both(outer.withoutHeaders(), inner.withoutHeaders()),
            both(outer.queryParams(), inner.queryParams()),
            inner.ignoreUriCase().or(outer::ignoreUriCase),
            inner.port().or(outer::port),
            both(outer.sourceLabels(), inner.sourceLabels()),
            inner.sourceNamespace().or(outer::sourceNamespace),
            outer.gateways(),
            inner.statPrefix().or(outer::statPrefix)));
  }

  private static boolean within(Optional<StringMatch> outer, Optional<StringMatch> inner) {
    if (outer.isEmpty() || inner.isEmpty()) {
      return true;
    }
    Optional<String> prefix = outer.get().prefix();
    if (prefix.isPresent()) {
      return inner
          .get()
          .prefix()
          .or(() -> inner.get().exact())
          .map(path -> path.startsWith(prefix.get()))
          .orElse(false);
    }
    return outer.equals(inner);
  }

  private static <V> Map<String, V> both(Map<String, V> outer, Map<String, V> inner) {
    Map<String, V> out = new LinkedHashMap<>(outer);
    out.putAll(inner);
    return out;
  }
}
