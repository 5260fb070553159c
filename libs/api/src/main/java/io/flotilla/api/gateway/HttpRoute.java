// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.gateway;

import io.flotilla.api.internal.Regexes;
import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.Lenient;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** HTTPRoute: rules that attach to gateways or services. */
@Lenient
public record HttpRoute(
    @Field("What it attaches to.") List<ParentReference> parentRefs,
    @Field("The hosts it is for; none: those of the listener.") List<String> hostnames,
    @Field("The rules.") List<Rule> rules) {
  private static final String REGEX = "RegularExpression";

  /** What a route attaches to. */
  @Lenient
  public record ParentReference(
      @Field("Its group; the Gateway API's if absent.") Optional<String> group,
      @Field("Its kind; Gateway if absent.") Optional<String> kind,
      @Field("Its namespace.") Optional<String> namespace,
      @Field(value = "Its name.", required = true) String name,
      @Field("One listener.") Optional<String> sectionName,
      @Field(value = "One port.", minimum = 1, maximum = 65535) Optional<Integer> port) {}

  /** Which requests, and what becomes of them. */
  @Lenient
  public record Rule(
      @Field("Its name.") Optional<String> name,
      @Field("Any of them suffices; none: all requests.") List<Match> matches,
      @Field("Changes and redirects.") List<Filter> filters,
      @Field("Where requests go.") List<BackendReference> backendRefs,
      @Field("How long they may take.") Optional<Timeouts> timeouts,
      @Field("When they are tried again.") Optional<Retry> retry) {}

  /** All that is set must hold. */
  @Lenient
  public record Match(
      @Field("The path; absent: all.") Optional<PathMatch> path,
      @Field("Headers.") List<NamedMatch> headers,
      @Field("Query parameters.") List<NamedMatch> queryParams,
      @Field("The method.") Optional<String> method) {}

  /** A match on the path. */
  @Lenient
  public record PathMatch(
      @Field("Exact, PathPrefix or RegularExpression; PathPrefix if absent.") Optional<String> type,
      @Field("The value; '/' if absent.") Optional<String> value) {
    public PathMatch {
      if (type.filter(REGEX::equals).isPresent()) {
        value.ifPresent(v -> Regexes.check(v, "value"));
      }
    }
  }

  /** A match on a header or a query parameter. */
  @Lenient
  public record NamedMatch(
      @Field("Exact or RegularExpression; Exact if absent.") Optional<String> type,
      @Field(value = "The name.", required = true) String name,
      @Field(value = "The value.", required = true) String value) {
    public NamedMatch {
      if (type.filter(REGEX::equals).isPresent()) {
        Regexes.check(value, "value");
      }
    }
  }

  /** A change of requests or responses; the type says which field counts. */
  @Lenient
  public record Filter(
      @Field(value = "RequestHeaderModifier, RequestRedirect, URLRewrite, ...", required = true)
          String type,
      @Field("RequestHeaderModifier.") Optional<HeaderFilter> requestHeaderModifier,
      @Field("ResponseHeaderModifier.") Optional<HeaderFilter> responseHeaderModifier,
      @Field("RequestMirror.") Optional<Mirror> requestMirror,
      @Field("RequestRedirect.") Optional<Redirect> requestRedirect,
      @Field("URLRewrite.") Optional<UrlRewrite> urlRewrite,
      @Field("ExtensionRef.") Optional<ObjectReference> extensionRef) {}

  /** Changes of headers. */
  @Lenient
  public record HeaderFilter(
      @Field("Replaces.") List<NameValue> set,
      @Field("Adds.") List<NameValue> add,
      @Field("Removes.") List<String> remove) {}

  /** A header. */
  @Lenient
  public record NameValue(
      @Field(value = "Its name.", required = true) String name,
      @Field(value = "Its value.", required = true) String value) {}

  /** Copies requests. */
  @Lenient
  public record Mirror(
      @Field(value = "Where copies go.", required = true) BackendReference backendRef,
      @Field("The share, per cent; absent: all.") Optional<Integer> percent) {}

  /** Sends the client elsewhere. */
  @Lenient
  public record Redirect(
      @Field("The new scheme.") Optional<String> scheme,
      @Field("The new host.") Optional<String> hostname,
      @Field("The new path.") Optional<PathModifier> path,
      @Field("The new port.") Optional<Integer> port,
      @Field("301 or 302; 302 if absent.") Optional<Integer> statusCode) {}

  /** Changes host and path before the request is sent on. */
  @Lenient
  public record UrlRewrite(
      @Field("The new host.") Optional<String> hostname,
      @Field("The new path.") Optional<PathModifier> path) {}

  /** A new path: whole, or in place of the matched prefix. */
  @Lenient
  public record PathModifier(
      @Field(value = "ReplaceFullPath or ReplacePrefixMatch.", required = true) String type,
      @Field("The whole path.") Optional<String> replaceFullPath,
      @Field("The prefix.") Optional<String> replacePrefixMatch) {}

  /** Where requests go, and their share. */
  @Lenient
  public record BackendReference(
      @Field("Its group; the core if absent.") Optional<String> group,
      @Field("Its kind; Service if absent.") Optional<String> kind,
      @Field(value = "Its name.", required = true) String name,
      @Field("Its namespace; the route's if absent.") Optional<String> namespace,
      @Field(value = "Its port.", minimum = 1, maximum = 65535) Optional<Integer> port,
      @Field(value = "The share; 1 if absent.", minimum = 0, maximum = 1000000)
          Optional<Integer> weight,
      @Field("Changes for this destination.") List<Filter> filters) {}

  /** How long requests may take, as "10s". */
  @Lenient
  public record Timeouts(
      @Field("The whole.") Optional<Duration> request,
      @Field("Each try.") Optional<Duration> backendRequest) {}

  /** When a request is tried again. */
  @Lenient
  public record Retry(
      @Field("Statuses.") List<Integer> codes,
      @Field("How often.") Optional<Integer> attempts,
      @Field("The wait.") Optional<Duration> backoff) {}
}
