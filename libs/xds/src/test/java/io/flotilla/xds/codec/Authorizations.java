// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec;

import io.flotilla.model.listener.NetworkFilter;
import io.flotilla.model.match.MetadataMatch;
import io.flotilla.model.match.Percentage;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.match.ValueMatch;
import io.flotilla.model.policy.ExternalAuthorization;
import io.flotilla.model.policy.ExternalAuthorization.Body;
import io.flotilla.model.policy.ExternalAuthorization.OnError;
import io.flotilla.model.policy.ExternalAuthorization.Question;
import io.flotilla.model.policy.ExternalAuthorization.Service;
import io.flotilla.model.policy.ExternalAuthorization.When;
import io.flotilla.model.policy.FilterOverride;
import io.flotilla.model.policy.GrpcService;
import io.flotilla.model.policy.Rbac;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Authorization services in which everything occurs that can be said of them. */
final class Authorizations {
  private static final GrpcService SERVICE =
      new GrpcService("static", "authz.example", Duration.ofSeconds(2), Map.of("x-a", "b"));
  private static final Optional<MetadataMatch> SHADOW =
      Optional.of(
          new MetadataMatch(
              Rbac.METADATA,
              List.of("istio_ext_authz_shadow_effective_policy_id"),
              new ValueMatch.Text(StringMatch.prefix("istio-ext-authz-p")),
              false));

  private Authorizations() {}

  static ExternalAuthorization byGrpc() {
    return new ExternalAuthorization(
        new Service.Grpc(SERVICE),
        new Question(
            Optional.of(new Body(8192, true, true)),
            Optional.of(List.of(StringMatch.prefix("x-"))),
            List.of(StringMatch.exact("x-secret")),
            List.of("envoy.filters.http.jwt_authn"),
            true,
            true),
        new When(Percentage.ofPercent(50), SHADOW, true),
        new OnError(true, true, 503),
        true,
        true,
        "waf");
  }

  static ExternalAuthorization byHttp() {
    return ExternalAuthorization.of(
        new Service.Http(
            "http://authz.example",
            "static",
            Duration.ofMillis(600),
            "/check",
            Map.of("x-added", "v"),
            List.of(StringMatch.exact("x-up")),
            List.of(StringMatch.exact("x-app")),
            List.of(StringMatch.exact("x-denied")),
            List.of(StringMatch.exact("x-ok")),
            List.of(StringMatch.prefix("x-meta"))));
  }

  static NetworkFilter connection() {
    return new NetworkFilter.Authorization(SERVICE, "tcp.", true, true, true, SHADOW);
  }

  static Map<String, FilterOverride> overrides() {
    return Map.of(
        ExternalAuthorization.METADATA,
        new FilterOverride.Authorization(
            Map.of("k", "v"), false, Optional.of(new Body(100, false, false))),
        "second",
        new FilterOverride.Off());
  }
}
