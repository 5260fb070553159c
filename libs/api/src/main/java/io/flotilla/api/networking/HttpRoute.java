// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import static io.flotilla.api.InvalidValueException.require;

import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.Rule;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A rule for HTTP: which requests, and what becomes of them. */
public record HttpRoute(
    @Field("A name for logs and debugging.") Optional<String> name,
    @Field("The requests it is for; any entry suffices. None: all requests.") List<HttpMatch> match,
    @Field("Where requests go, shared by weight.") List<HttpRouteDestination> route,
    @Field("Answers with a redirect.") Optional<HttpRedirect> redirect,
    @Field("Answers with a fixed response.") Optional<HttpDirectResponse> directResponse,
    @Field("Another virtual service that holds the routes.") Optional<Delegate> delegate,
    @Field("Changes path and authority before the request is sent on.")
        Optional<HttpRewrite> rewrite,
    @Field(value = "How long the whole request may take.", rules = Rule.AT_LEAST_1MS)
        Optional<Duration> timeout,
    @Field("When and how often a request is tried again.") Optional<HttpRetry> retries,
    @Field("Delays and aborts that are injected on purpose.") Optional<HttpFaultInjection> fault,
    @Field("A destination that gets a copy of the requests.") Optional<Destination> mirror,
    @Field("Several destinations that get copies.") List<HttpMirrorPolicy> mirrors,
    @Field(value = "Deprecated: use mirrorPercentage.", unsigned = true, nullable = true)
        Optional<Integer> mirrorPercent,
    @Field(
            value = "Deprecated: use mirrorPercentage.",
            name = "mirror_percent",
            unsigned = true,
            nullable = true)
        Optional<Integer> mirrorPercentSnakeCase,
    @Field("The share of requests that mirror gets; absent: all.")
        Optional<Percent> mirrorPercentage,
    @Field("Cross-origin resource sharing.") Optional<CorsPolicy> corsPolicy,
    @Field("Changes of headers for all destinations.") Optional<Headers> headers) {
  public HttpRoute {
    int outcomes =
        (route.isEmpty() ? 0 : 1)
            + (redirect.isPresent() ? 1 : 0)
            + (directResponse.isPresent() ? 1 : 0);
    require(
        outcomes <= 1,
        "",
        "a route has one outcome: route, redirect or directResponse, not several");
    require(
        outcomes == 1 || delegate.isPresent(),
        "",
        "a route needs an outcome: route, redirect, directResponse or delegate");
    require(
        delegate.isEmpty() || outcomes == 0,
        "delegate",
        "a route that delegates cannot have a route, redirect or directResponse of its own");
    require(
        redirect.isEmpty() || fault.isEmpty(),
        "fault",
        "a redirect cannot have a fault: remove one");
    require(
        redirect.isEmpty() || rewrite.isEmpty(),
        "rewrite",
        "a redirect cannot have a rewrite: use redirect.uri");
    require(
        directResponse.isEmpty() || (fault.isEmpty() && rewrite.isEmpty()),
        "directResponse",
        "a direct response cannot have a fault or a rewrite: remove them");
    require(
        mirror.isEmpty() || mirrors.isEmpty(), "mirrors", "mirror and mirrors exclude each other");
    for (Optional<Integer> percent : List.of(mirrorPercent, mirrorPercentSnakeCase)) {
      percent.ifPresent(
          p -> require(p <= 100, "mirrorPercent", "a percentage is 0 to 100, not " + p));
    }
    int total = route.stream().mapToInt(d -> d.weight().orElse(0)).sum();
    require(
        route.size() < 2 || total > 0,
        "route",
        "the weights of " + route.size() + " destinations add up to 0: give at least one a weight");
  }
}
