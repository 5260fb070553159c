// SPDX-License-Identifier: Apache-2.0
package io.flotilla.rules.route;

import com.google.re2j.Pattern;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.route.PathRewrite;
import io.flotilla.model.route.RouteAction;
import io.flotilla.rules.RequestView;
import io.flotilla.rules.match.CompiledMatch;
import java.util.function.UnaryOperator;

/** What becomes of paths. */
public final class Rewrite {
  private Rewrite() {}

  /**
   * Gives the rewritten path with the query that the request had, for the path and query of a
   * request that fits {@code match}.
   *
   * @throws io.flotilla.model.InvalidModelException if its expression cannot be compiled
   */
  public static UnaryOperator<String> path(PathRewrite rewrite, PathMatch match) {
    return switch (rewrite) {
      case PathRewrite.ReplaceFull r -> keepingQuery(path -> r.value());
      case PathRewrite.ReplaceRegex r -> {
        Pattern pattern = CompiledMatch.regex(r.regex());
        String substitution = r.substitution().replaceAll("\\\\(\\d)", "\\$$1");
        yield keepingQuery(path -> pattern.matcher(path).replaceAll(substitution));
      }
      case PathRewrite.ReplacePrefix r -> keepingQuery(path -> prefix(r.value(), match, path));
    };
  }

  private static UnaryOperator<String> keepingQuery(UnaryOperator<String> ofPath) {
    return pathAndQuery -> {
      int end = pathAndQuery.indexOf('?');
      return end < 0
          ? ofPath.apply(pathAndQuery)
          : ofPath.apply(pathAndQuery.substring(0, end)) + pathAndQuery.substring(end);
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

  /**
   * The location of a redirect.
   *
   * @param rewrite its path's rewrite, as {@link #path} gives it; does nothing if it has none
   */
  public static String location(
      RouteAction.Redirect redirect, UnaryOperator<String> rewrite, RequestView request) {
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
    String path = rewrite.apply(request.pathAndQuery());
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
