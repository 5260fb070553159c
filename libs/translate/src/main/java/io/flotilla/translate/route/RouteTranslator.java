// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.route;

import io.flotilla.api.networking.CorsPolicy;
import io.flotilla.api.networking.Destination;
import io.flotilla.api.networking.Headers;
import io.flotilla.api.networking.HttpFaultInjection;
import io.flotilla.api.networking.HttpMatch;
import io.flotilla.api.networking.HttpMirrorPolicy;
import io.flotilla.api.networking.HttpRedirect;
import io.flotilla.api.networking.HttpRetry;
import io.flotilla.api.networking.HttpRewrite;
import io.flotilla.api.networking.HttpRoute;
import io.flotilla.api.networking.HttpRouteDestination;
import io.flotilla.api.networking.Percent;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.match.Percentage;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.policy.Cors;
import io.flotilla.model.policy.Fault;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.HashPolicy;
import io.flotilla.model.route.HeaderEdits;
import io.flotilla.model.route.HostRewrite;
import io.flotilla.model.route.PathRewrite;
import io.flotilla.model.route.RetryDetails;
import io.flotilla.model.route.RetryPolicy;
import io.flotilla.model.route.RetryPolicy.Condition;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.translate.cluster.ClusterName;
import io.flotilla.translate.cluster.ScopedService;
import io.flotilla.translate.service.MeshService;
import io.flotilla.translate.service.ServicePort;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The HTTP routes of a VirtualService, or of a service without one, for one context. */
public final class RouteTranslator {
  private static final int HOST_SELECTION_ATTEMPTS = 5;

  /** Every second try leaves out the localities that the ones before it were made at. */
  private static final RetryDetails OTHER_LOCALITIES =
      new RetryDetails(
          false, Map.of(), 2, List.of(), List.of(), Optional.empty(), Optional.empty());

  /** Istio's retries where nobody says otherwise. */
  static final RetryPolicy DEFAULT_RETRIES =
      new RetryPolicy(
          EnumSet.of(
              Condition.CONNECT_FAILURE,
              Condition.REFUSED_STREAM,
              Condition.GRPC_UNAVAILABLE,
              Condition.GRPC_CANCELLED,
              Condition.RETRIABLE_STATUS_CODES),
          Set.of(),
          2,
          Optional.empty(),
          RetryPolicy.DEFAULT_BACKOFF_BASE,
          RetryPolicy.DEFAULT_BACKOFF_MAX,
          true,
          HOST_SELECTION_ATTEMPTS);

  private static final List<String> GRPC_STATUSES =
      List.of(
          "OK",
          "CANCELLED",
          "UNKNOWN",
          "INVALID_ARGUMENT",
          "DEADLINE_EXCEEDED",
          "NOT_FOUND",
          "ALREADY_EXISTS",
          "PERMISSION_DENIED",
          "RESOURCE_EXHAUSTED",
          "FAILED_PRECONDITION",
          "ABORTED",
          "OUT_OF_RANGE",
          "UNIMPLEMENTED",
          "INTERNAL",
          "UNAVAILABLE",
          "DATA_LOSS",
          "UNAUTHENTICATED");

  private final RouteContext context;

  public RouteTranslator(RouteContext context) {
    this.context = context;
  }

  /** The route to a service that no VirtualService speaks of. */
  public Route toService(ScopedService scoped, ServicePort port) {
    MeshService service = scoped.service();
    Optional<HashPolicy> hash = scoped.policy().of(port.number(), "").hash();
    return new Route(
        "default",
        RouteMatch.ANY,
        forward(
            new ClusterChoice.Single(ClusterName.outbound(port.number(), "", service.host())),
            Duration.ZERO,
            Optional.of(DEFAULT_RETRIES),
            Optional.empty(),
            new HostRewrite.Keep(),
            hash.stream().toList(),
            List.of()),
        HeaderEdits.NONE,
        Optional.empty(),
        Optional.empty(),
        service.host() + ":" + port.number() + "/*",
        service.source());
  }

  /** The routes of {@code rule}, in order, up to the first that takes everything. */
  public List<Route> ofRule(RoutingRule rule) {
    List<Route> out = new ArrayList<>();
    for (HttpRoute http : rule.http()) {
      List<Optional<HttpMatch>> matches = new ArrayList<>();
      if (http.match().isEmpty()) {
        matches.add(Optional.empty());
      } else {
        http.match().stream()
            .filter(match -> applies(match, rule))
            .forEach(match -> matches.add(Optional.of(match)));
      }
      for (Optional<HttpMatch> match : matches) {
        Route route = route(rule, http, match);
        out.add(route);
        if (takesAll(route.match())) {
          return out;
        }
      }
    }
    return out;
  }

  private boolean applies(HttpMatch match, RoutingRule rule) {
    return (match.gateways().isEmpty()
            || match.gateways().stream()
                .anyMatch(g -> RoutingRule.gateway(g, rule.namespace()).equals(context.gateway())))
        && match.port().map(p -> p == context.port()).orElse(true)
        && (context.scope().isGateway()
            || (context.scope().selectedBy(match.sourceLabels())
                && match
                    .sourceNamespace()
                    .map(ns -> ns.equals(context.scope().namespace()))
                    .orElse(true)));
  }

  static boolean takesAll(RouteMatch match) {
    return match.headers().isEmpty()
        && match.queryParameters().isEmpty()
        && match.runtimeFraction().isEmpty()
        && (match.path().equals(new PathMatch.Prefix("/"))
            || match.path().equals(new PathMatch.Regex(".*"))
            || match.path().equals(new PathMatch.Regex("*")));
  }

  private Route route(RoutingRule rule, HttpRoute http, Optional<HttpMatch> match) {
    RouteMatch routeMatch =
        match.map(m -> MatchTranslator.of(m, rule.wholeSegments())).orElse(RouteMatch.ANY);
    String name =
        http.name().orElse("") + match.flatMap(HttpMatch::name).map(n -> "." + n).orElse("");
    List<HeaderEdits> edits = new ArrayList<>();
    http.headers().ifPresent(h -> edits.add(edits(h)));
    Optional<String> authority = http.headers().flatMap(RouteTranslator::authority);
    String operated = rule.writtenHost() + ":" + context.port();
    RouteAction action;
    if (http.redirect().isPresent()) {
      action = redirect(http.redirect().get());
    } else if (http.directResponse().isPresent()) {
      String body =
          http.directResponse()
              .get()
              .body()
              .flatMap(
                  b ->
                      b.string()
                          .or(
                              () ->
                                  b.bytes()
                                      .map(
                                          t ->
                                              new String(
                                                  Base64.getDecoder().decode(t),
                                                  StandardCharsets.UTF_8))))
              .orElse("");
      action = new RouteAction.DirectResponse(http.directResponse().get().status(), body);
    } else if (http.route().isEmpty()) {
      action = new RouteAction.DirectResponse(503, "");
    } else {
      List<HttpRouteDestination> to = http.route();
      ClusterChoice choice;
      List<HashPolicy> hashes = new ArrayList<>();
      if (to.size() == 1) {
        Destinations.Target target = target(to.getFirst().destination(), rule);
        choice = new ClusterChoice.Single(target.cluster());
        target.hash().ifPresent(hashes::add);
        operated = target.host() + ":" + target.port();
        to.getFirst().headers().ifPresent(h -> edits.add(edits(h)));
        authority = authority.or(() -> to.getFirst().headers().flatMap(RouteTranslator::authority));
      } else {
        List<ClusterChoice.WeightedCluster> weighted = new ArrayList<>();
        for (HttpRouteDestination one : to) {
          Destinations.Target target = target(one.destination(), rule);
          target.hash().filter(h -> !hashes.contains(h)).ifPresent(hashes::add);
          if (one.weight().orElse(0) > 0) {
            weighted.add(
                new ClusterChoice.WeightedCluster(
                    target.cluster(),
                    one.weight().get(),
                    one.headers().map(RouteTranslator::edits).orElse(HeaderEdits.NONE)));
          }
        }
        choice =
            weighted.isEmpty()
                ? new ClusterChoice.Single(ClusterName.BLACK_HOLE)
                : weighted.size() == 1 && weighted.getFirst().headerEdits().isEmpty()
                    ? new ClusterChoice.Single(weighted.getFirst().name())
                    : new ClusterChoice.Weighted(weighted);
      }
      Optional<String> newAuthority =
          http.rewrite()
              .flatMap(HttpRewrite::authority)
              .filter(a -> !a.isEmpty())
              .or(orElse(authority));
      action =
          forward(
              choice,
              http.timeout().orElse(Duration.ZERO),
              http.retries().isPresent()
                  ? retries(http.retries().get())
                  : Optional.of(DEFAULT_RETRIES),
              http.rewrite().flatMap(r -> pathRewrite(r, routeMatch.path())),
              newAuthority
                  .<HostRewrite>map(HostRewrite.Literal::new)
                  .orElse(new HostRewrite.Keep()),
              hashes,
              mirrors(http, rule));
    }
    return new Route(
        name,
        routeMatch,
        action,
        merged(edits),
        http.fault().map(RouteTranslator::fault),
        http.corsPolicy().map(RouteTranslator::cors),
        operated + operation(routeMatch.path()),
        rule.source());
  }

  private static java.util.function.Supplier<Optional<String>> orElse(Optional<String> other) {
    return () -> other;
  }

  private Destinations.Target target(Destination destination, RoutingRule rule) {
    return Destinations.resolve(destination, rule.namespace(), context);
  }

  private static String operation(PathMatch path) {
    return switch (path) {
      case PathMatch.Prefix(String prefix) -> prefix + "*";
      case PathMatch.Exact(String exact) -> exact;
      case PathMatch.Regex(String regex) -> regex;
      case PathMatch.Connect() -> "CONNECT";
      case PathMatch.PathSeparatedPrefix(String prefix) -> "/*";
    };
  }

  private static RouteAction.Forward forward(
      ClusterChoice choice,
      Duration timeout,
      Optional<RetryPolicy> retries,
      Optional<PathRewrite> path,
      HostRewrite host,
      List<HashPolicy> hashes,
      List<RouteAction.Mirror> mirrors) {
    return new RouteAction.Forward(
        choice,
        Optional.of(timeout),
        Optional.empty(),
        Optional.of(timeout),
        retries,
        path,
        host,
        hashes,
        mirrors,
        List.of());
  }

  private static Optional<RetryPolicy> retries(HttpRetry told) {
    int attempts = told.attempts().orElse(0);
    if (attempts <= 0) {
      return Optional.empty();
    }
    Set<Condition> conditions = EnumSet.noneOf(Condition.class);
    Set<Integer> codes = new HashSet<>();
    if (told.retryOn().filter(r -> !r.isBlank()).isEmpty()) {
      conditions.addAll(DEFAULT_RETRIES.conditions());
    } else {
      for (String part : told.retryOn().get().split(",")) {
        String word = part.trim();
        if (word.matches("[1-5]\\d\\d")) {
          codes.add(Integer.parseInt(word));
          conditions.add(Condition.RETRIABLE_STATUS_CODES);
        } else {
          Condition.ofWord(word).ifPresent(conditions::add);
        }
      }
    }
    Duration base = told.backoff().orElse(RetryPolicy.DEFAULT_BACKOFF_BASE);
    boolean avoid = told.retryIgnorePreviousHosts().orElse(true);
    return Optional.of(
        new RetryPolicy(
            conditions,
            codes,
            Math.min(attempts, 1000),
            told.perTryTimeout(),
            base,
            base.multipliedBy(10),
            avoid,
            avoid ? HOST_SELECTION_ATTEMPTS : 1,
            told.retryRemoteLocalities().orElse(false) ? OTHER_LOCALITIES : RetryDetails.NONE));
  }

  private static Optional<PathRewrite> pathRewrite(HttpRewrite rewrite, PathMatch path) {
    if (rewrite.uriRegexRewrite().isPresent()) {
      HttpRewrite.RegexRewrite regex = rewrite.uriRegexRewrite().get();
      return regex
          .match()
          .filter(m -> !m.isEmpty())
          .map(m -> new PathRewrite.ReplaceRegex(m, regex.rewrite().orElse("")));
    }
    return rewrite
        .uri()
        .filter(uri -> !uri.isEmpty())
        .map(
            uri ->
                path instanceof PathMatch.Regex
                    ? new PathRewrite.ReplaceFull(uri)
                    : prefixRewrite(path, uri));
  }

  // A proxy puts one text in place of the other: "/" in place of "/foo" would give "//bar".
  private static PathRewrite prefixRewrite(PathMatch path, String uri) {
    return path instanceof PathMatch.PathSeparatedPrefix prefix && uri.endsWith("/")
        ? new PathRewrite.ReplaceRegex("^" + Pattern.quote(prefix.value()) + "/?(.*)$", uri + "\\1")
        : new PathRewrite.ReplacePrefix(uri);
  }

  private static RouteAction redirect(HttpRedirect told) {
    Optional<PathRewrite> path =
        told.uri()
            .filter(u -> !u.isEmpty())
            .<PathRewrite>map(PathRewrite.ReplaceFull::new)
            .or(
                () ->
                    told.prefixRewrite()
                        .filter(p -> !p.isEmpty())
                        .map(PathRewrite.ReplacePrefix::new));
    return new RouteAction.Redirect(
        told.redirectCode().orElse(301),
        told.scheme().filter(s -> !s.isEmpty()),
        told.authority().filter(a -> !a.isEmpty()),
        told.port(),
        path,
        false);
  }

  private List<RouteAction.Mirror> mirrors(HttpRoute http, RoutingRule rule) {
    List<RouteAction.Mirror> out = new ArrayList<>();
    http.mirror()
        .ifPresent(
            to -> {
              Percentage share =
                  http.mirrorPercentage()
                      .map(RouteTranslator::percentage)
                      .or(() -> http.mirrorPercent().map(p -> Percentage.ofPercent(p)))
                      .or(() -> http.mirrorPercentSnakeCase().map(p -> Percentage.ofPercent(p)))
                      .orElse(Percentage.ALL);
              if (share.partsPerMillion() > 0) {
                out.add(new RouteAction.Mirror(target(to, rule).cluster(), share, false));
              }
            });
    for (HttpMirrorPolicy mirror : http.mirrors()) {
      Percentage share =
          mirror.percentage().map(RouteTranslator::percentage).orElse(Percentage.ALL);
      if (share.partsPerMillion() > 0) {
        out.add(new RouteAction.Mirror(target(mirror.destination(), rule).cluster(), share, false));
      }
    }
    return out;
  }

  private static Percentage percentage(Percent percent) {
    return Percentage.ofPercent(percent.value().orElse(0.0));
  }

  private static Fault fault(HttpFaultInjection told) {
    return new Fault(
        told.delay()
            .flatMap(
                delay ->
                    delay
                        .fixedDelay()
                        .map(d -> new Fault.Delay(d, share(delay.percentage(), delay.percent())))),
        told.abort()
            .map(
                abort ->
                    new Fault.Abort(
                        abort.httpStatus().orElse(500),
                        abort.grpcStatus().map(RouteTranslator::grpcStatus),
                        share(abort.percentage(), Optional.empty()))));
  }

  private static Percentage share(Optional<Percent> percentage, Optional<Integer> percent) {
    return percentage
        .map(RouteTranslator::percentage)
        .or(() -> percent.map(p -> Percentage.ofPercent(p)))
        .orElse(Percentage.ALL);
  }

  private static int grpcStatus(String word) {
    int known = GRPC_STATUSES.indexOf(word.toUpperCase(Locale.ROOT));
    if (known >= 0) {
      return known;
    }
    return word.matches("\\d|1[0-6]") ? Integer.parseInt(word) : GRPC_STATUSES.indexOf("UNKNOWN");
  }

  private static Cors cors(CorsPolicy told) {
    List<StringMatch> origins = new ArrayList<>();
    told.allowOrigins().forEach(o -> MatchTranslator.string(o).ifPresent(origins::add));
    told.allowOrigin().forEach(o -> origins.add(StringMatch.exact(o)));
    return new Cors(
        origins,
        told.allowMethods(),
        told.allowHeaders(),
        told.exposeHeaders(),
        told.maxAge(),
        told.allowCredentials(),
        told.unmatchedPreflights().orElse(CorsPolicy.UnmatchedPreflights.UNSPECIFIED)
            != CorsPolicy.UnmatchedPreflights.IGNORE);
  }

  private static Optional<String> authority(Headers headers) {
    return headers
        .request()
        .flatMap(
            ops ->
                ops.set().entrySet().stream()
                    .filter(e -> isAuthority(e.getKey()))
                    .map(Map.Entry::getValue)
                    .findFirst());
  }

  private static boolean isAuthority(String header) {
    return header.equalsIgnoreCase(":authority") || header.equalsIgnoreCase("host");
  }

  private static HeaderEdits edits(Headers headers) {
    return new HeaderEdits(
        headers.request().map(RouteTranslator::additions).orElse(List.of()),
        headers.request().map(Headers.HeaderOperations::remove).orElse(List.of()),
        headers.response().map(RouteTranslator::additions).orElse(List.of()),
        headers.response().map(Headers.HeaderOperations::remove).orElse(List.of()));
  }

  private static List<HeaderEdits.Edit> additions(Headers.HeaderOperations ops) {
    List<HeaderEdits.Edit> out = new ArrayList<>();
    new TreeMap<>(ops.set())
        .forEach(
            (name, value) -> {
              if (!isAuthority(name)) {
                out.add(new HeaderEdits.Edit(name, value, HeaderEdits.Mode.OVERWRITE));
              }
            });
    new TreeMap<>(ops.add())
        .forEach(
            (name, value) -> out.add(new HeaderEdits.Edit(name, value, HeaderEdits.Mode.APPEND)));
    return out;
  }

  private static HeaderEdits merged(List<HeaderEdits> edits) {
    if (edits.isEmpty()) {
      return HeaderEdits.NONE;
    }
    List<HeaderEdits.Edit> requestAdd = new ArrayList<>();
    List<String> requestRemove = new ArrayList<>();
    List<HeaderEdits.Edit> responseAdd = new ArrayList<>();
    List<String> responseRemove = new ArrayList<>();
    for (HeaderEdits one : edits) {
      requestAdd.addAll(one.requestAdd());
      requestRemove.addAll(one.requestRemove());
      responseAdd.addAll(one.responseAdd());
      responseRemove.addAll(one.responseRemove());
    }
    return new HeaderEdits(requestAdd, requestRemove, responseAdd, responseRemove);
  }
}
