// SPDX-License-Identifier: Apache-2.0
package io.flotilla.rules.route;

import io.flotilla.model.match.PathMatch;
import io.flotilla.model.route.PathRewrite;
import io.flotilla.model.route.RouteAction;
import io.flotilla.rules.RequestView;
import io.flotilla.rules.match.CompiledMatch;

/** What becomes of paths. */
public final class Rewrite {
  private Rewrite() {}

  /** The rewritten path with the query that the request had. */
  public static String path(PathRewrite rewrite, PathMatch match, String pathAndQuery) {
    int end = pathAndQuery.indexOf('?');
    String path = end < 0 ? pathAndQuery : pathAndQuery.substring(0, end);
    String query = end < 0 ? "" : pathAndQuery.substring(end);
    return switch (rewrite) {
      case PathRewrite.ReplaceFull r -> r.value() + query;
      case PathRewrite.ReplaceRegex r ->
          CompiledMatch.regex(r.regex())
                  .matcher(path)
                  .replaceAll(r.substitution().replaceAll("\\\\(\\d)", "\\$$1"))
              + query;
      case PathRewrite.ReplacePrefix r -> prefix(r.value(), match, path) + query;
    };
  }

  private static String prefix(String replacement, PathMatch match, String path) {
    return switch (match) {
      case PathMatch.Prefix m -> replacement + path.substring(m.value().length());
      case PathMatch.Exact m -> replacement;
      case PathMatch.Regex m -> path;
      case PathMatch.PathSeparatedPrefix m -> {
        String rest = path.substring(m.value().length());
        // "/" in place of "/foo" must not give "//bar".
        yield replacement.endsWith("/") && rest.startsWith("/")
            ? replacement + rest.substring(1)
            : rest.isEmpty() && replacement.isEmpty() ? "/" : replacement + rest;
      }
    };
  }

  /** The location of a redirect. */
  public static String location(
      RouteAction.Redirect redirect, PathMatch match, RequestView request) {
    String scheme = redirect.scheme().orElse(request.scheme());
    String authority = request.authority();
    int colon = authority.lastIndexOf(':');
    String host = colon > authority.lastIndexOf(']') ? authority.substring(0, colon) : authority;
    String port = colon > authority.lastIndexOf(']') ? authority.substring(colon + 1) : "";
    if (redirect.scheme().isPresent() && !scheme.equals(request.scheme())) {
      // The old scheme's default port means nothing to the new one.
      port = port.equals("80") || port.equals("443") ? "" : port;
    }
    if (redirect.port().isPresent()) {
      int p = redirect.port().get();
      boolean isDefault = scheme.equals("https") ? p == 443 : p == 80;
      port = isDefault ? "" : Integer.toString(p);
    }
    String path =
        redirect
            .path()
            .map(r -> path(r, match, request.pathAndQuery()))
            .orElse(request.pathAndQuery());
    if (redirect.stripQuery() && path.indexOf('?') >= 0) {
      path = path.substring(0, path.indexOf('?'));
    }
    return scheme
        + "://"
        + redirect.host().orElse(host)
        + (port.isEmpty() ? "" : ":" + port)
        + path;
  }
}
