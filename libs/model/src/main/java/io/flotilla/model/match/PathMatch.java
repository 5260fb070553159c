// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.match;

import io.flotilla.model.Checks;

/** The path specifier of a route (Envoy: config.route.v3.RouteMatch.path_specifier). */
public sealed interface PathMatch {

  /** The path starts with these characters ("/" matches all). */
  record Prefix(String value) implements PathMatch {}

  /** The path, without its query, equals. */
  record Exact(String value) implements PathMatch {
    public Exact {
      Checks.notEmpty(value, "exact path of a route match");
    }
  }

  /** The path, without its query, matches an RE2 expression as a whole. */
  record Regex(String regex) implements PathMatch {
    public Regex {
      Checks.notEmpty(regex, "path regex of a route match");
    }
  }

  /** The request is a CONNECT, which has no path; none of the others takes one. */
  record Connect() implements PathMatch {}

  /** The path equals, or starts with the value followed by "/" (Gateway API's PathPrefix). */
  record PathSeparatedPrefix(String value) implements PathMatch {
    public PathSeparatedPrefix {
      Checks.require(
          value.startsWith("/") && !value.endsWith("/"),
          "a path-separated prefix must start with '/' and not end with it, but is '"
              + value
              + "'");
    }
  }
}
