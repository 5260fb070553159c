// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.gatewayapi;

import io.flotilla.api.Resource;
import io.flotilla.api.gateway.Gateway;
import io.flotilla.api.gateway.HttpRoute;
import io.flotilla.api.gateway.HttpRoute.BackendReference;
import io.flotilla.api.gateway.HttpRoute.Filter;
import io.flotilla.api.gateway.HttpRoute.NamedMatch;
import io.flotilla.api.gateway.HttpRoute.ParentReference;
import io.flotilla.api.networking.Destination;
import io.flotilla.api.networking.Headers;
import io.flotilla.api.networking.HttpDirectResponse;
import io.flotilla.api.networking.HttpMatch;
import io.flotilla.api.networking.HttpMirrorPolicy;
import io.flotilla.api.networking.HttpRedirect;
import io.flotilla.api.networking.HttpRetry;
import io.flotilla.api.networking.HttpRewrite;
import io.flotilla.api.networking.HttpRouteDestination;
import io.flotilla.api.networking.Percent;
import io.flotilla.api.networking.PortSelector;
import io.flotilla.api.networking.StringMatch;
import io.flotilla.api.networking.VirtualService;
import io.flotilla.translate.Sources;
import io.flotilla.translate.route.RoutingRule;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * An HTTPRoute as routing rules: one for each parent and host. Matches are ordered by the Gateway
 * API's precedence: the exact path, the longer prefix, the method, more headers, more parameters.
 */
public final class HttpRoutes {
  private final String domain;
  private final Function<String, Optional<Resource<Gateway>>> gateways;
  private final Predicate<BackendReference> granted;

  /**
   * For one mesh.
   *
   * @param gateways by "namespace/name"
   * @param granted whether the route may refer to a backend of another namespace
   */
  public HttpRoutes(
      String domain,
      Function<String, Optional<Resource<Gateway>>> gateways,
      Predicate<BackendReference> granted) {
    this.domain = domain;
    this.gateways = gateways;
    this.granted = granted;
  }

  /** The rules, by "namespace/name#n". */
  public Map<String, RoutingRule> rules(Resource<HttpRoute> resource) {
    Map<String, RoutingRule> out = new LinkedHashMap<>();
    for (ParentReference parent : resource.spec().parentRefs()) {
      String namespace = parent.namespace().orElse(resource.metadata().namespace());
      if (parent.kind().orElse("Gateway").equals("Service")) {
        put(out, resource, ofService(resource, parent, namespace));
      } else if (parent.kind().orElse("Gateway").equals("Gateway")) {
        gateways
            .apply(namespace + "/" + parent.name())
            .ifPresent(
                gateway ->
                    gateway.spec().listeners().stream()
                        .filter(
                            listener ->
                                parent.sectionName().map(listener.name()::equals).orElse(true)
                                    && parent.port().map(p -> p == listener.port()).orElse(true))
                        .forEach(
                            listener ->
                                hosts(resource)
                                    .forEach(
                                        host ->
                                            put(
                                                out,
                                                resource,
                                                ofListener(resource, gateway, listener, host)))));
      }
    }
    return out;
  }

  private static void put(
      Map<String, RoutingRule> out, Resource<HttpRoute> resource, RoutingRule rule) {
    out.put(resource.metadata().fullName() + "#" + out.size(), rule);
  }

  private static List<String> hosts(Resource<HttpRoute> resource) {
    return resource.spec().hostnames().isEmpty() ? List.of("*") : resource.spec().hostnames();
  }

  /** A route of another namespace than the Service's is for callers of its own namespace. */
  private RoutingRule ofService(
      Resource<HttpRoute> resource, ParentReference parent, String namespace) {
    String host = parent.name() + "." + namespace + ".svc." + domain;
    String own = resource.metadata().namespace();
    return rule(
        resource,
        host,
        own + "~" + parent.port().map(p -> p + "~").orElse("") + host,
        VirtualService.MESH,
        parent.port(),
        namespace.equals(own) ? Set.of() : Set.of(own));
  }

  private RoutingRule ofListener(
      Resource<HttpRoute> resource,
      Resource<Gateway> gateway,
      Gateway.Listener listener,
      String host) {
    String name = ApiGateways.name(gateway, listener);
    return rule(
        resource,
        host.toLowerCase(Locale.ROOT),
        name.replace('/', '~') + "~" + host,
        name,
        Optional.empty(),
        Set.of());
  }

  private RoutingRule rule(
      Resource<HttpRoute> resource,
      String host,
      String written,
      String gateway,
      Optional<Integer> port,
      Set<String> exportTo) {
    return new RoutingRule(
        resource.metadata().name(),
        resource.metadata().namespace(),
        List.of(host),
        written,
        Set.of(gateway),
        http(resource, port),
        List.of(),
        List.of(),
        exportTo,
        resource.metadata().creationTimestamp().orElse(Instant.EPOCH),
        true,
        Sources.of(resource));
  }

  private List<io.flotilla.api.networking.HttpRoute> http(
      Resource<HttpRoute> resource, Optional<Integer> port) {
    List<io.flotilla.api.networking.HttpRoute> out = new ArrayList<>();
    for (HttpRoute.Rule rule : resource.spec().rules()) {
      List<HttpRoute.Match> matches =
          rule.matches().isEmpty()
              ? List.of(
                  new HttpRoute.Match(Optional.empty(), List.of(), List.of(), Optional.empty()))
              : rule.matches();
      for (HttpRoute.Match match : matches) {
        out.add(route(resource, rule, match(match, port)));
      }
    }
    out.sort(PRECEDENCE);
    return out;
  }

  private static final Comparator<io.flotilla.api.networking.HttpRoute> PRECEDENCE =
      Comparator.<io.flotilla.api.networking.HttpRoute>comparingInt(HttpRoutes::kindOfPath)
          .thenComparing(Comparator.comparingInt(HttpRoutes::pathLength).reversed())
          .thenComparing(r -> r.match().getFirst().method().isPresent() ? 0 : 1)
          .thenComparing(r -> -r.match().getFirst().headers().size())
          .thenComparing(r -> -r.match().getFirst().queryParams().size());

  private static int kindOfPath(io.flotilla.api.networking.HttpRoute route) {
    Optional<StringMatch> uri = route.match().getFirst().uri();
    return uri.flatMap(StringMatch::exact).isPresent()
        ? 0
        : uri.flatMap(StringMatch::regex).isPresent() ? 2 : 1;
  }

  private static int pathLength(io.flotilla.api.networking.HttpRoute route) {
    return route
        .match()
        .getFirst()
        .uri()
        .flatMap(uri -> uri.exact().or(uri::prefix).or(uri::regex))
        .map(String::length)
        .orElse(0);
  }

  private static HttpMatch match(HttpRoute.Match told, Optional<Integer> port) {
    String path = told.path().flatMap(HttpRoute.PathMatch::value).orElse("/");
    StringMatch uri =
        switch (told.path().flatMap(HttpRoute.PathMatch::type).orElse("PathPrefix")) {
          case "Exact" -> StringMatch.exact(path);
          case "RegularExpression" -> StringMatch.regex(path);
          default -> StringMatch.prefix(path);
        };
    return new HttpMatch(
        Optional.empty(),
        Optional.of(uri),
        Optional.empty(),
        told.method().map(StringMatch::exact),
        Optional.empty(),
        named(told.headers()),
        Map.of(),
        named(told.queryParams()),
        Optional.empty(),
        port,
        Map.of(),
        Optional.empty(),
        List.of(),
        Optional.empty());
  }

  private static Map<String, StringMatch> named(List<NamedMatch> matches) {
    Map<String, StringMatch> out = new LinkedHashMap<>();
    for (NamedMatch match : matches) {
      out.putIfAbsent(
          match.name(),
          match.type().orElse("Exact").equals("RegularExpression")
              ? StringMatch.regex(match.value())
              : StringMatch.exact(match.value()));
    }
    return out;
  }

  private io.flotilla.api.networking.HttpRoute route(
      Resource<HttpRoute> resource, HttpRoute.Rule rule, HttpMatch match) {
    List<HttpRouteDestination> to = new ArrayList<>();
    for (BackendReference backend : rule.backendRefs()) {
      if (backend.weight().orElse(1) > 0 && isAllowed(backend, resource)) {
        to.add(
            new HttpRouteDestination(
                destination(backend, resource),
                Optional.of(backend.weight().orElse(1)),
                headers(backend.filters())));
      }
    }
    Optional<HttpRedirect> redirect =
        rule.filters().stream()
            .flatMap(f -> f.requestRedirect().stream())
            .findFirst()
            .map(HttpRoutes::redirect);
    boolean nowhere = redirect.isEmpty() && to.isEmpty();
    Optional<Duration> timeout =
        rule.timeouts()
            .flatMap(
                t -> rule.retry().isPresent() ? t.request() : t.backendRequest().or(t::request))
            .filter(d -> !d.isZero());
    return new io.flotilla.api.networking.HttpRoute(
        Optional.empty(),
        List.of(match),
        redirect.isPresent() ? List.of() : to,
        redirect,
        nowhere ? Optional.of(new HttpDirectResponse(500, Optional.empty())) : Optional.empty(),
        Optional.empty(),
        redirect.isPresent() || nowhere
            ? Optional.empty()
            : rule.filters().stream()
                .flatMap(f -> f.urlRewrite().stream())
                .findFirst()
                .map(HttpRoutes::rewrite),
        timeout,
        rule.retry()
            .map(
                retry -> retry(retry, rule.timeouts().flatMap(HttpRoute.Timeouts::backendRequest))),
        Optional.empty(),
        Optional.empty(),
        rule.filters().stream()
            .flatMap(f -> f.requestMirror().stream())
            .filter(mirror -> isAllowed(mirror.backendRef(), resource))
            .map(
                mirror ->
                    new HttpMirrorPolicy(
                        destination(mirror.backendRef(), resource),
                        mirror.percent().map(p -> new Percent(Optional.of((double) p)))))
            .toList(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        headers(rule.filters()));
  }

  private boolean isAllowed(BackendReference backend, Resource<HttpRoute> resource) {
    String own = resource.metadata().namespace();
    return backend.kind().orElse("Service").equals("Service")
        && (backend.namespace().orElse(own).equals(own) || granted.test(backend));
  }

  private Destination destination(BackendReference backend, Resource<HttpRoute> resource) {
    String namespace = backend.namespace().orElse(resource.metadata().namespace());
    return new Destination(
        backend.name() + "." + namespace + ".svc." + domain,
        backend.port().map(p -> new PortSelector(Optional.of(p))),
        Optional.empty());
  }

  private static Optional<Headers> headers(List<Filter> filters) {
    Optional<Headers.HeaderOperations> request =
        filters.stream()
            .flatMap(f -> f.requestHeaderModifier().stream())
            .findFirst()
            .map(HttpRoutes::operations);
    Optional<Headers.HeaderOperations> response =
        filters.stream()
            .flatMap(f -> f.responseHeaderModifier().stream())
            .findFirst()
            .map(HttpRoutes::operations);
    return request.isEmpty() && response.isEmpty()
        ? Optional.empty()
        : Optional.of(new Headers(request, response));
  }

  private static Headers.HeaderOperations operations(HttpRoute.HeaderFilter filter) {
    return new Headers.HeaderOperations(
        values(filter.set()), values(filter.add()), filter.remove());
  }

  private static Map<String, String> values(List<HttpRoute.NameValue> values) {
    return values.stream()
        .collect(
            Collectors.toMap(
                HttpRoute.NameValue::name,
                HttpRoute.NameValue::value,
                (first, second) -> first,
                LinkedHashMap::new));
  }

  private static HttpRedirect redirect(HttpRoute.Redirect told) {
    return new HttpRedirect(
        told.path().flatMap(HttpRoute.PathModifier::replaceFullPath),
        told.path().flatMap(HttpRoute.PathModifier::replacePrefixMatch),
        told.hostname(),
        told.port(),
        Optional.empty(),
        told.scheme(),
        Optional.of(told.statusCode().orElse(302)));
  }

  private static HttpRewrite rewrite(HttpRoute.UrlRewrite told) {
    return new HttpRewrite(
        told.path().flatMap(HttpRoute.PathModifier::replacePrefixMatch),
        told.hostname(),
        told.path()
            .flatMap(HttpRoute.PathModifier::replaceFullPath)
            .map(full -> new HttpRewrite.RegexRewrite(Optional.of("/.*"), Optional.of(full))));
  }

  private static HttpRetry retry(HttpRoute.Retry told, Optional<Duration> eachTry) {
    int attempts = told.attempts().orElse(2);
    return new HttpRetry(
        Optional.of(attempts),
        attempts == 0 ? Optional.empty() : eachTry,
        attempts == 0 || told.codes().isEmpty()
            ? Optional.empty()
            : Optional.of(
                told.codes().stream().map(String::valueOf).collect(Collectors.joining(","))),
        Optional.empty(),
        Optional.empty(),
        told.backoff());
  }
}
