// SPDX-License-Identifier: Apache-2.0
package io.flotilla.rules.route;

import io.flotilla.model.match.HeaderMatch;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.match.QueryMatch;
import io.flotilla.model.route.PathRewrite;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.model.route.VirtualHost;
import io.flotilla.rules.RequestView;
import io.flotilla.rules.match.CompiledMatch;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntSupplier;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A route configuration, compiled. The virtual host is found by domain: exact, then the longest
 * "*.suffix", then the longest "prefix.*", then "*"; in it the first route that matches wins.
 */
public final class RouteTable {
  private final RouteConfiguration configuration;
  private final Map<String, Host> exact = new HashMap<>();
  private final List<Wildcard> suffixes = new ArrayList<>();
  private final List<Wildcard> prefixes = new ArrayList<>();
  private @Nullable Host any;

  private record Wildcard(String part, Host host) {}

  private record Host(VirtualHost model, List<Entry> routes) {}

  private record Entry(
      Route route,
      Predicate<String> path,
      Predicate<RequestView> rest,
      UnaryOperator<String> rewrite,
      @Nullable RetryRule retry) {}

  /**
   * A request's way.
   *
   * @param rewrite what becomes of path and query
   * @param retry when it is tried again; null: never
   */
  public record Match(
      VirtualHost host, Route route, UnaryOperator<String> rewrite, @Nullable RetryRule retry) {}

  /**
   * @throws io.flotilla.model.InvalidModelException if an expression cannot be compiled
   */
  public RouteTable(RouteConfiguration configuration) {
    this.configuration = configuration;
    for (VirtualHost model : configuration.virtualHosts()) {
      Host host = new Host(model, model.routes().stream().map(r -> compile(model, r)).toList());
      for (String written : model.domains()) {
        String domain = written.toLowerCase(Locale.ROOT);
        if (domain.equals("*")) {
          any = host;
        } else if (domain.startsWith("*")) {
          suffixes.add(new Wildcard(domain.substring(1), host));
        } else if (domain.endsWith("*")) {
          prefixes.add(new Wildcard(domain.substring(0, domain.length() - 1), host));
        } else {
          exact.put(domain, host);
        }
      }
    }
    Comparator<Wildcard> longest = Comparator.comparingInt(w -> -w.part().length());
    suffixes.sort(longest);
    prefixes.sort(longest);
  }

  private static Entry compile(VirtualHost host, Route route) {
    List<Predicate<RequestView>> all = new ArrayList<>();
    route.match().headers().forEach(h -> all.add(CompiledMatch.of(h)));
    route.match().queryParameters().forEach(q -> all.add(CompiledMatch.of(q)));
    if (route.match().grpc()) {
      all.add(RouteTable::isGrpc);
    }
    Predicate<RequestView> rest =
        request -> {
          for (Predicate<RequestView> each : all) {
            if (!each.test(request)) {
              return false;
            }
          }
          return true;
        };
    return new Entry(
        route,
        CompiledMatch.of(route.match().path(), route.match().caseSensitive()),
        all.isEmpty() ? request -> true : rest,
        rewrite(route.action())
            .map(r -> Rewrite.path(r, route.match().path()))
            .orElse(UnaryOperator.identity()),
        route.action() instanceof RouteAction.Forward forward
            ? forward.retryPolicy().or(host::retryPolicy).map(RetryRule::new).orElse(null)
            : null);
  }

  private static Optional<PathRewrite> rewrite(RouteAction action) {
    return switch (action) {
      case RouteAction.Forward forward -> forward.pathRewrite();
      case RouteAction.Redirect redirect -> redirect.path();
      default -> Optional.empty();
    };
  }

  private static boolean isConnect(Route route) {
    return route.match().path() instanceof PathMatch.Connect;
  }

  /** Whether the content type is application/grpc or application/grpc+.... */
  public static boolean isGrpc(RequestView request) {
    String type = request.header("content-type");
    return type != null
        && type.startsWith("application/grpc")
        && (type.length() == 16 || type.charAt(16) == '+' || type.charAt(16) == ';');
  }

  /** What it was made from. */
  public RouteConfiguration configuration() {
    return configuration;
  }

  /**
   * The request's way; empty: no virtual host has its domain, or no route of it matches.
   *
   * @param random gives 0 to 999,999 for routes that take a share of requests
   */
  public Optional<Match> match(RequestView request, IntSupplier random) {
    Host host = host(request.authority());
    if (host == null) {
      return Optional.empty();
    }
    String path = request.path();
    for (Entry entry : host.routes()) {
      if (isConnect(entry.route()) == request.method().equals("CONNECT")
          && entry.path().test(path)
          && entry.rest().test(request)
          && (entry.route().match().runtimeFraction().isEmpty()
              || random.getAsInt()
                  < entry.route().match().runtimeFraction().get().partsPerMillion())) {
        return Optional.of(new Match(host.model(), entry.route(), entry.rewrite(), entry.retry()));
      }
    }
    return Optional.empty();
  }

  /**
   * Why each route of the request's virtual host takes the request or not, in order. Shares of
   * requests count as all.
   */
  public List<Verdict> explain(RequestView request) {
    Host host = host(request.authority());
    if (host == null) {
      return List.of();
    }
    List<Verdict> verdicts = new ArrayList<>();
    boolean taken = false;
    for (Entry entry : host.routes()) {
      Optional<String> mismatch = mismatch(entry, request);
      boolean takes = mismatch.isEmpty() && !taken;
      taken |= takes;
      verdicts.add(
          new Verdict(
              host.model(),
              entry.route(),
              takes,
              mismatch.orElse(takes ? "" : "an earlier route takes the request")));
    }
    return verdicts;
  }

  private static Optional<String> mismatch(Entry entry, RequestView request) {
    RouteMatch match = entry.route().match();
    if (isConnect(entry.route()) != request.method().equals("CONNECT")
        || !entry.path().test(request.path())) {
      return Optional.of(
          "the path '" + request.path() + "' does not fit " + CompiledMatch.describe(match.path()));
    }
    for (HeaderMatch header : match.headers()) {
      if (!CompiledMatch.of(header).test(request)) {
        return Optional.of(
            "header "
                + header.name()
                + (header.invert() ? " must not be one that " : " must be one that ")
                + header.value().map(CompiledMatch::describe).orElse("is present"));
      }
    }
    for (QueryMatch query : match.queryParameters()) {
      if (!CompiledMatch.of(query).test(request)) {
        return Optional.of(
            "query parameter "
                + query.name()
                + " must be one that "
                + query.value().map(CompiledMatch::describe).orElse("is present"));
      }
    }
    return match.grpc() && !isGrpc(request)
        ? Optional.of("the request is not gRPC")
        : Optional.empty();
  }

  /**
   * One line of an explanation.
   *
   * @param reason why not; empty when taken
   */
  public record Verdict(VirtualHost host, Route route, boolean taken, String reason) {}

  private @Nullable Host host(String written) {
    String authority = written.toLowerCase(Locale.ROOT);
    String domain = configuration.ignorePortInHostMatching() ? withoutPort(authority) : authority;
    Host found = exact.get(domain);
    if (found != null) {
      return found;
    }
    for (Wildcard w : suffixes) {
      if (domain.length() > w.part().length() && domain.endsWith(w.part())) {
        return w.host();
      }
    }
    for (Wildcard w : prefixes) {
      if (domain.length() > w.part().length() && domain.startsWith(w.part())) {
        return w.host();
      }
    }
    return any;
  }

  private static String withoutPort(String authority) {
    int colon = authority.lastIndexOf(':');
    if (colon < 0 || authority.indexOf(']', colon) >= 0) {
      return authority;
    }
    for (int i = colon + 1; i < authority.length(); i++) {
      if (!Character.isDigit(authority.charAt(i))) {
        return authority;
      }
    }
    return authority.substring(0, colon);
  }
}
