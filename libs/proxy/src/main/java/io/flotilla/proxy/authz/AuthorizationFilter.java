// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.authz;

import io.flotilla.model.policy.ExternalAuthorization;
import io.flotilla.model.policy.ExternalAuthorization.Service;
import io.flotilla.model.policy.FilterOverride;
import io.flotilla.model.policy.GrpcService;
import io.flotilla.model.route.HeaderEdits.Mode;
import io.flotilla.proxy.api.FailureCause;
import io.flotilla.proxy.filter.FilteredRequest;
import io.flotilla.proxy.filter.RequestFilter;
import io.flotilla.proxy.upstream.UpstreamCalls;
import io.flotilla.proxy.wire.HeaderText;
import io.flotilla.rules.policy.MetadataRule;
import io.flotilla.rules.route.Choice;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Asks a service whether a request may pass, and does to it what the service says (Envoy
 * documentation, "External Authorization").
 */
public final class AuthorizationFilter implements RequestFilter {
  static final String CHECK = "/envoy.service.auth.v3.Authorization/Check";
  private static final int LARGEST_ANSWER = 1024 * 1024;
  private static final int MILLION = 1_000_000;
  private static final String DENIED = "ext_authz_denied";
  private static final String ERROR = "ext_authz_error";
  private static final String INVALID = "ext_authz_invalid";

  private final String name;
  private final ExternalAuthorization model;
  private final UpstreamCalls calls;
  private final @Nullable MetadataRule when;
  private final Predicate<String> told;
  private final @Nullable HttpQuestion http;
  private final String scope;

  /**
   * @param name by which routes configure it
   */
  public AuthorizationFilter(String name, ExternalAuthorization model, UpstreamCalls calls) {
    this.name = name;
    this.model = model;
    this.calls = calls;
    this.when = model.when().metadata().map(MetadataRule::new).orElse(null);
    boolean byHttp = model.service() instanceof Service.Http;
    Predicate<String> allowed =
        model.question().allowedHeaders().map(HttpQuestion::any).orElse(header -> !byHttp);
    Predicate<String> disallowed = HttpQuestion.any(model.question().disallowedHeaders());
    this.told =
        header ->
            !disallowed.test(header)
                && (byHttp && HttpQuestion.ALWAYS_TOLD.contains(header) || allowed.test(header));
    this.http = model.service() instanceof Service.Http h ? new HttpQuestion(h) : null;
    this.scope = "ext_authz." + (model.statPrefix().isEmpty() ? "" : model.statPrefix() + ".");
  }

  /** What the route and what is around it make of the filter. */
  private record Settings(
      boolean off, Map<String, String> context, Optional<ExternalAuthorization.Body> body) {}

  @Override
  public boolean apply(FilteredRequest request) {
    if (request.route() == null) {
      return true;
    }
    Settings settings = settings(request.overrides(name));
    if (settings.off()) {
      return true;
    }
    if (!isAsked(request)) {
      request.count(scope + "disabled", false);
      if (model.when().denyOthers()) {
        refuse(request, ERROR);
        return false;
      }
      return true;
    }
    if (settings.body().isPresent() && request.hasBody()) {
      ExternalAuthorization.Body limits = settings.body().get();
      request.collectBody(
          limits.largest(), limits.partial(), body -> ask(request, settings, body, limits));
    } else {
      ask(request, settings, FilteredRequest.Body.NONE, null);
    }
    return false;
  }

  private Settings settings(List<FilterOverride> overrides) {
    Map<String, String> context = new LinkedHashMap<>();
    Optional<ExternalAuthorization.Body> body = model.question().body();
    boolean off = !overrides.isEmpty() && overrides.getLast() instanceof FilterOverride.Off;
    for (FilterOverride each : overrides) {
      if (each instanceof FilterOverride.Authorization a) {
        context.putAll(a.context());
        body = a.withoutBody() ? Optional.empty() : a.body().or(() -> model.question().body());
      }
    }
    return new Settings(off, context, body);
  }

  private boolean isAsked(FilteredRequest request) {
    return Choice.happens(model.when().share(), ThreadLocalRandom.current().nextInt(MILLION))
        && (when == null || when.test(request.access()));
  }

  private void ask(
      FilteredRequest request,
      Settings settings,
      FilteredRequest.Body body,
      ExternalAuthorization.@Nullable Body limits) {
    Map<String, String> headers = new LinkedHashMap<>();
    CheckRequests.headers(request)
        .forEach(
            (header, value) -> {
              if (told.test(header)) {
                headers.put(header, value);
              }
            });
    if (limits != null) {
      headers.put(CheckRequests.PARTIAL, body.whole() ? "false" : "true");
    }
    Consumer<Verdict> then = verdict -> decide(request, verdict);
    UpstreamCalls.Call call =
        switch (model.service()) {
          case Service.Grpc g ->
              grpc(
                  g.service(),
                  CheckRequests.of(
                      request,
                      model.question(),
                      headers,
                      body,
                      limits != null && limits.bytes(),
                      settings.context()),
                  then);
          case Service.Http h -> http(h, headers, body, then);
        };
    request.onGone(call::cancel);
  }

  private UpstreamCalls.Call grpc(GrpcService service, byte[] question, Consumer<Verdict> then) {
    return calls.grpc(
        service.cluster(),
        service.authority(),
        CHECK,
        service.metadata(),
        question,
        service.timeout(),
        LARGEST_ANSWER,
        answer -> then.accept(answer.map(CheckResponses::read).orElse(new Verdict.Failed())));
  }

  private UpstreamCalls.Call http(
      Service.Http service,
      Map<String, String> headers,
      FilteredRequest.Body body,
      Consumer<Verdict> then) {
    HttpQuestion question = http == null ? new HttpQuestion(service) : http;
    return calls.send(
        service.cluster(),
        false,
        () -> question.request(headers, body.bytes()),
        service.timeout(),
        LARGEST_ANSWER,
        answer -> then.accept(answer.map(question::read).orElse(new Verdict.Failed())));
  }

  private void decide(FilteredRequest request, Verdict verdict) {
    switch (verdict) {
      case Verdict.Allowed a -> allow(request, a);
      case Verdict.Denied d -> deny(request, d);
      case Verdict.Failed f -> fail(request);
    }
  }

  private void allow(FilteredRequest request, Verdict.Allowed verdict) {
    note(request, verdict.metadata());
    if (model.validate() && !isValid(verdict)) {
      count(request, "invalid");
      request.note(FailureCause.UNAUTHORIZED);
      request.details(INVALID);
      request.reply(500, "", head -> {});
      return;
    }
    count(request, "ok");
    verdict.request().forEach(m -> change(request, m));
    HttpHeaders headers = request.headers();
    for (String gone : verdict.removed()) {
      if (!gone.isEmpty()
          && !gone.startsWith(":")
          && !gone.equalsIgnoreCase("host")
          && !HeaderText.isFraming(gone.toLowerCase(java.util.Locale.ROOT))) {
        headers.remove(gone);
      }
    }
    if (!verdict.parameters().isEmpty() || !verdict.removedParameters().isEmpty()) {
      retarget(
          request,
          QueryEdits.apply(
              request.pathAndQuery(), verdict.parameters(), verdict.removedParameters()));
    }
    if (!verdict.answer().isEmpty()) {
      request.onAnswer(head -> verdict.answer().forEach(m -> m.apply(head)));
    }
    if (model.clearRouteCache() && verdict.changesRequest()) {
      request.reroute();
    }
    request.resume();
  }

  private static boolean isValid(Verdict.Allowed verdict) {
    return verdict.request().stream().allMatch(Mutation::isValid)
        && verdict.answer().stream().allMatch(Mutation::isValid)
        && verdict.parameters().stream()
            .allMatch(p -> QueryEdits.isValid(p.name()) && QueryEdits.isValid(p.value()));
  }

  private static void change(FilteredRequest request, Mutation m) {
    if (!m.isValid() || HeaderText.isFraming(m.name())) {
      return;
    }
    HttpHeaders headers = request.headers();
    switch (m.name()) {
      case ":path" -> retarget(request, m.value());
      case ":authority", "host" -> headers.set("host", m.value());
      default -> {
        if (m.name().startsWith(":")) {
          return;
        }
        if (m.mode() == Mode.APPEND) {
          append(headers, m);
        } else {
          m.apply(headers);
        }
      }
    }
  }

  // To a header of the request's own, which becomes one with it; to none, nothing is appended.
  private static void append(HttpHeaders headers, Mutation m) {
    List<String> before = headers.getAll(m.name());
    if (!before.isEmpty()) {
      headers.set(m.name(), String.join(",", before) + "," + m.value());
    }
  }

  private static void retarget(FilteredRequest request, String target) {
    boolean path =
        target.startsWith("/") && target.chars().allMatch(c -> c > ' ' && c < 0x7F && c != '#');
    if (path) {
      request.retarget(target);
    }
  }

  private void deny(FilteredRequest request, Verdict.Denied verdict) {
    note(request, verdict.metadata());
    count(request, "denied");
    request.note(FailureCause.UNAUTHORIZED);
    request.details(DENIED);
    request.chargeCluster(verdict.status());
    request.reply(
        verdict.status(), verdict.body(), head -> Mutation.replace(head, verdict.answer()));
  }

  private void fail(FilteredRequest request) {
    count(request, "error");
    if (model.onError().allow()) {
      count(request, "failure_mode_allowed");
      if (model.onError().header()) {
        request.headers().set("x-envoy-auth-failure-mode-allowed", "true");
      }
      request.resume();
      return;
    }
    refuse(request, ERROR);
  }

  private void refuse(FilteredRequest request, String details) {
    request.note(FailureCause.UNAUTHORIZED);
    request.details(details);
    request.reply(model.onError().status(), "", head -> {});
  }

  private void note(FilteredRequest request, Map<String, Object> metadata) {
    if (!metadata.isEmpty()) {
      request.addMetadata(name, metadata);
    }
  }

  private void count(FilteredRequest request, String what) {
    request.count(scope + what, true);
  }
}
