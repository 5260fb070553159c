// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.route;

import io.flotilla.model.match.HeaderMatch;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.match.Percentage;
import io.flotilla.model.match.QueryMatch;
import java.util.List;
import java.util.Optional;

/**
 * All conditions must hold.
 *
 * @param caseSensitive for prefix and exact paths
 * @param runtimeFraction the share of matching requests that this route takes; empty: all
 * @param grpc only requests whose content type is application/grpc or application/grpc+...
 */
public record RouteMatch(
    PathMatch path,
    boolean caseSensitive,
    List<HeaderMatch> headers,
    List<QueryMatch> queryParameters,
    Optional<Percentage> runtimeFraction,
    boolean grpc) {

  /** Matches every request. */
  public static final RouteMatch ANY = of(new PathMatch.Prefix("/"));

  public RouteMatch {
    headers = List.copyOf(headers);
    queryParameters = List.copyOf(queryParameters);
  }

  /** By path alone. */
  public static RouteMatch of(PathMatch path) {
    return new RouteMatch(path, true, List.of(), List.of(), Optional.empty(), false);
  }
}
