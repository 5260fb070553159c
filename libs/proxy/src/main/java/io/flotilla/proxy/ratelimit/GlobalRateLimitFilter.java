// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.ratelimit;

import io.flotilla.model.match.Percentage;
import io.flotilla.model.policy.FilterOverride;
import io.flotilla.model.policy.GlobalRateLimit;
import io.flotilla.model.policy.LocalRateLimit.VirtualHostRules;
import io.flotilla.model.policy.RateLimitRule;
import io.flotilla.model.policy.RateLimitRule.Entry;
import io.flotilla.proxy.api.FailureCause;
import io.flotilla.proxy.filter.FilteredRequest;
import io.flotilla.proxy.filter.RequestFilter;
import io.flotilla.proxy.upstream.UpstreamCalls;
import io.flotilla.proxy.wire.ProtoWriter;
import io.flotilla.rules.route.Choice;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Asks a rate-limit service whether a request is one too many (Envoy documentation, "Rate limit").
 */
public final class GlobalRateLimitFilter implements RequestFilter {
  private static final String SHOULD =
      "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit";
  private static final int LARGEST_ANSWER = 256 * 1024;
  private static final int MILLION = 1_000_000;
  private static final int RESOURCE_EXHAUSTED = 8;
  private static final int UNAVAILABLE = 14;

  private final String name;
  private final GlobalRateLimit model;
  private final UpstreamCalls calls;
  private final DescriptorRule.Cache rules = new DescriptorRule.Cache();
  private final String scope;

  /**
   * @param name by which routes configure it
   */
  public GlobalRateLimitFilter(String name, GlobalRateLimit model, UpstreamCalls calls) {
    this.name = name;
    this.model = model;
    this.calls = calls;
    this.scope = "ratelimit." + (model.statPrefix().isEmpty() ? "" : model.statPrefix() + ".");
  }

  @Override
  public boolean apply(FilteredRequest request) {
    List<FilterOverride> overrides = request.overrides(name);
    FilterOverride narrowest = overrides.isEmpty() ? null : overrides.getLast();
    if (narrowest instanceof FilterOverride.Off || !isMeant(request) || !happens(model.enabled())) {
      return true;
    }
    String domain = model.domain();
    VirtualHostRules hosts = VirtualHostRules.WITHOUT_ROUTES;
    List<RateLimitRule> own = List.of();
    if (narrowest instanceof FilterOverride.Rate other) {
      domain = other.domain().isEmpty() ? domain : other.domain();
      hosts = other.virtualHost();
      own = other.rules();
    }
    List<List<Entry>> descriptors = rules.descriptors(request, model.stage(), hosts, own);
    if (descriptors.isEmpty()) {
      return true;
    }
    UpstreamCalls.Call call =
        calls.grpc(
            model.service().cluster(),
            model.service().authority(),
            SHOULD,
            model.service().metadata(),
            question(domain, descriptors),
            model.service().timeout(),
            LARGEST_ANSWER,
            answer -> decide(request, answer.flatMap(RateLimitAnswer::read)));
    request.onGone(call::cancel);
    return false;
  }

  private boolean isMeant(FilteredRequest request) {
    boolean internal = "true".equals(request.headers().get("x-envoy-internal"));
    return switch (model.of()) {
      case BOTH -> true;
      case INTERNAL -> internal;
      case EXTERNAL -> !internal;
    };
  }

  private static boolean happens(Percentage share) {
    return Choice.happens(share, ThreadLocalRandom.current().nextInt(MILLION));
  }

  // RateLimitRequest
  private static byte[] question(String domain, List<List<Entry>> descriptors) {
    ProtoWriter out = new ProtoWriter().text(1, domain);
    for (List<Entry> descriptor : descriptors) {
      ProtoWriter one = new ProtoWriter();
      descriptor.forEach(
          e -> one.message(1, new ProtoWriter().text(1, e.key()).text(2, e.value())));
      out.message(2, one);
    }
    return out.toBytes();
  }

  private void decide(FilteredRequest request, Optional<RateLimitAnswer> answer) {
    if (answer.isEmpty()) {
      fail(request);
      return;
    }
    RateLimitAnswer said = answer.get();
    request.countOfCluster(scope + (said.overLimit() ? "over_limit" : "ok"));
    if (!said.metadata().isEmpty()) {
      request.addMetadata(name, said.metadata());
    }
    if (said.overLimit() && happens(model.enforced())) {
      refuse(request, said);
      return;
    }
    LocalRateLimitFilter.write(request.headers(), said.toUpstream());
    request.onAnswer(head -> tell(head, said));
    request.resume();
  }

  private void refuse(FilteredRequest request, RateLimitAnswer said) {
    request.note(FailureCause.RATE_LIMITED);
    request.details("request_rate_limited");
    request.chargeCluster(model.answer().status());
    request.reply(
        model.answer().status(),
        model.answer().resourceExhausted() ? RESOURCE_EXHAUSTED : UNAVAILABLE,
        said.body(),
        head -> {
          tell(head, said);
          LocalRateLimitFilter.write(head, model.answer().headers());
        });
  }

  private void tell(HttpHeaders head, RateLimitAnswer said) {
    LocalRateLimitFilter.write(head, said.toClient());
    if (model.answer().tellsLimits()) {
      LocalRateLimitFilter.write(head, said.limits());
    }
    // As Envoy, also where it is not refused.
    if (said.overLimit() && model.answer().tellsRefusal()) {
      head.set("x-envoy-ratelimited", "true");
    }
  }

  private void fail(FilteredRequest request) {
    request.countOfCluster(scope + "error");
    if (!model.denyOnError()) {
      request.countOfCluster(scope + "failure_mode_allowed");
      request.resume();
      return;
    }
    request.note(FailureCause.RATE_LIMIT_ERROR);
    request.details("rate_limiter_error");
    request.reply(model.statusOnError(), "", head -> {});
  }
}
