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
      case PathMatch.Regex m -> replacement;
      case PathMatch.Connect m -> path;
      case PathMatch.PathSeparatedPrefix m -> replacement + path.substring(m.value().length());
    };
  }

  /**
   * The location of a redirect.
   *
   * @param rewrite its path's rewrite, as {@link #path} gives it; does nothing if it has none
   * @param authority as the client sent it
   */
  public static String location(
      RouteAction.Redirect redirect,
      UnaryOperator<String> rewrite,
      RequestView request,
      String authority) {
    String scheme = redirect.scheme().orElse(request.scheme());
    String host =
        redirect
            .host()
            .orElseGet(
                () ->
                    hostOf(
                        authority,
                        redirect.port().isPresent(),
                        scheme.equals(request.scheme()) ? "" : request.scheme()));
    String port = redirect.port().map(p -> ":" + p).orElse("");
    return scheme + "://" + host + port + location(redirect, rewrite, request.pathAndQuery());
  }

  // The old scheme's default port means nothing to the new one.
  private static String hostOf(String authority, boolean withoutPort, String schemeLeft) {
    int colon = authority.lastIndexOf(':');
    if (colon <= authority.lastIndexOf(']')) {
      return authority;
    }
    String port = authority.substring(colon + 1);
    boolean drop =
        withoutPort
            || (schemeLeft.equals("https") && port.equals("443"))
            || (schemeLeft.equals("http") && port.equals("80"));
    return drop ? authority.substring(0, colon) : authority;
  }

  private static String location(
      RouteAction.Redirect redirect, UnaryOperator<String> rewrite, String pathAndQuery) {
    if (redirect.path().orElse(null) instanceof PathRewrite.ReplaceFull full
        && full.value().indexOf('?') >= 0) {
      // A query of its own stands in place of the request's.
      return full.value();
    }
    String path = rewrite.apply(pathAndQuery);
    int query = path.indexOf('?');
    return redirect.stripQuery() && query >= 0 ? path.substring(0, query) : path;
  }
}
