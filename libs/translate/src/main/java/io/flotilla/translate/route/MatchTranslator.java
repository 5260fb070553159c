// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.route;

import io.flotilla.api.networking.HttpMatch;
import io.flotilla.model.match.HeaderMatch;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.match.QueryMatch;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.route.RouteMatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;

/** An HTTP match of a VirtualService as a route match. */
final class MatchTranslator {
  private MatchTranslator() {}

  static RouteMatch of(HttpMatch match, boolean wholeSegments) {
    List<HeaderMatch> headers = new ArrayList<>();
    TreeMap<String, Boolean> names = new TreeMap<>();
    match.headers().keySet().forEach(name -> names.put(name, true));
    match.withoutHeaders().keySet().forEach(name -> names.putIfAbsent(name, false));
    for (String name : names.keySet()) {
      io.flotilla.api.networking.StringMatch wanted = match.headers().get(name);
      if (wanted != null) {
        headers.add(header(name, wanted, false));
      }
      io.flotilla.api.networking.StringMatch refused = match.withoutHeaders().get(name);
      if (refused != null) {
        headers.add(header(name, refused, true));
      }
    }
    match.method().ifPresent(m -> headers.add(header(":method", m, false)));
    match.authority().ifPresent(m -> headers.add(header(":authority", m, false)));
    match.scheme().ifPresent(m -> headers.add(header(":scheme", m, false)));
    List<QueryMatch> queries = new ArrayList<>();
    new TreeMap<>(match.queryParams())
        .forEach((name, m) -> queries.add(new QueryMatch(name, string(m))));
    return new RouteMatch(
        path(match.uri(), wholeSegments),
        !match.ignoreUriCase().orElse(false),
        headers,
        queries,
        Optional.empty(),
        false);
  }

  private static PathMatch path(
      Optional<io.flotilla.api.networking.StringMatch> uri, boolean wholeSegments) {
    if (uri.isEmpty()) {
      return new PathMatch.Prefix("/");
    }
    io.flotilla.api.networking.StringMatch match = uri.get();
    if (match.exact().filter(e -> !e.isEmpty()).isPresent()) {
      return new PathMatch.Exact(match.exact().get());
    }
    if (match.regex().isPresent()) {
      return new PathMatch.Regex(match.regex().get());
    }
    String prefix = match.prefix().filter(p -> !p.isEmpty()).orElse("/");
    if (!wholeSegments || prefix.equals("/")) {
      return new PathMatch.Prefix(prefix);
    }
    return new PathMatch.PathSeparatedPrefix(
        prefix.endsWith("/") ? prefix.substring(0, prefix.length() - 1) : prefix);
  }

  private static HeaderMatch header(
      String name, io.flotilla.api.networking.StringMatch match, boolean invert) {
    Optional<StringMatch> value = string(match);
    return new HeaderMatch(
        name.toLowerCase(Locale.ROOT), value, invert, invert && value.isPresent());
  }

  /** Empty where anything will do as long as it is there. */
  static Optional<StringMatch> string(io.flotilla.api.networking.StringMatch match) {
    if (match.exact().isPresent()) {
      return Optional.of(StringMatch.exact(match.exact().get()));
    }
    if (match.prefix().filter(p -> !p.isEmpty()).isPresent()) {
      return Optional.of(StringMatch.prefix(match.prefix().get()));
    }
    return match.regex().filter(r -> !r.equals("*") && !r.equals(".*")).map(StringMatch.Regex::new);
  }
}
