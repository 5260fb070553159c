// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec;

import io.flotilla.model.address.CidrRange;
import io.flotilla.model.match.HeaderMatch;
import io.flotilla.model.match.MetadataMatch;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.match.ValueMatch;
import io.flotilla.model.policy.AccessCondition;
import io.flotilla.model.policy.AccessPolicy;
import io.flotilla.model.policy.AccessRules;
import io.flotilla.model.policy.JwtAuthentication;
import io.flotilla.model.policy.JwtProvider;
import io.flotilla.model.policy.JwtRequirement;
import io.flotilla.model.policy.Rbac;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Access rules in which every kind of condition occurs. */
final class Access {
  private Access() {}

  static Rbac everything() {
    CidrRange ten = new CidrRange("10.0.0.0", 8);
    AccessPolicy all =
        new AccessPolicy(
            List.of(
                new AccessCondition.And(
                    List.of(
                        new AccessCondition.Or(
                            List.of(
                                new AccessCondition.Header(
                                    new HeaderMatch(
                                        ":authority",
                                        Optional.of(new StringMatch.Suffix(".x", true)),
                                        true,
                                        true)),
                                new AccessCondition.Header(HeaderMatch.present("x-a")))),
                        new AccessCondition.Not(
                            new AccessCondition.UrlPath(new StringMatch.Contains("/s", false))),
                        new AccessCondition.PathTemplate("/*/tmpl/**"),
                        new AccessCondition.ServerName(StringMatch.exact("a.b")))),
                new AccessCondition.DestinationIp(ten),
                new AccessCondition.DestinationPort(9080),
                new AccessCondition.DestinationPorts(1, 1024),
                new AccessCondition.Metadata(claim(new ValueMatch.Present(), true)),
                new AccessCondition.Any()),
            List.of(
                new AccessCondition.And(
                    List.of(
                        new AccessCondition.Or(
                            List.of(
                                new AccessCondition.Authenticated(Optional.empty()),
                                new AccessCondition.Authenticated(
                                    Optional.of(new StringMatch.Regex(".*/ns/x/.*"))))),
                        new AccessCondition.Not(new AccessCondition.DirectRemoteIp(ten)))),
                new AccessCondition.SourceIp(ten),
                new AccessCondition.RemoteIp(new CidrRange("2001:db8::", 32)),
                new AccessCondition.Header(HeaderMatch.of("x-user", StringMatch.prefix("b"))),
                new AccessCondition.UrlPath(StringMatch.exact("/p")),
                new AccessCondition.FilterState(
                    "io.istio.peer_principal", StringMatch.exact("spiffe://x")),
                new AccessCondition.Metadata(
                    claim(
                        new ValueMatch.Any(
                            List.of(
                                new ValueMatch.OneOf(
                                    new ValueMatch.Text(StringMatch.exact("admin"))),
                                new ValueMatch.Number(3),
                                new ValueMatch.Bool(true),
                                new ValueMatch.Null())),
                        false)),
                new AccessCondition.Any()));
    return new Rbac(
        Optional.of(new AccessRules(AccessRules.Action.DENY, Map.of("ns[a]-policy[b]", all))),
        Optional.empty(),
        "istio_dry_run_allow_");
  }

  /** Tokens in every way. */
  static JwtAuthentication tokens(String cluster) {
    JwtProvider one =
        new JwtProvider(
            "testing@secure.istio.io",
            List.of("a1", "a2"),
            new JwtProvider.Keys.Inline(
                """
                {"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "k",
                 "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
                 "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}]}
                """),
            true,
            List.of(new JwtProvider.FromHeader("x-jwt", "Bearer ")),
            List.of("token"),
            List.of("tok"),
            "x-payload",
            true,
            "payload",
            List.of("permission", "scope"),
            List.of(new JwtProvider.ClaimHeader("x-sub", "sub")),
            true,
            Duration.ofSeconds(5));
    JwtProvider two =
        new JwtProvider(
            "other",
            List.of(),
            new JwtProvider.Keys.Remote(
                "https://keys.example/jwks", cluster, Duration.ofSeconds(3), Duration.ofMinutes(5)),
            false,
            List.of(),
            List.of(),
            List.of(),
            "",
            false,
            "payload",
            List.of(),
            List.of(),
            false,
            JwtProvider.DEFAULT_SKEW);
    JwtRequirement first = new JwtRequirement.Provided("origins-0", List.of());
    JwtRequirement second = new JwtRequirement.Provided("origins-1", List.of("b"));
    return new JwtAuthentication(
        Map.of("origins-0", one, "origins-1", two),
        List.of(
            new JwtAuthentication.Rule(new PathMatch.Exact("/free"), Optional.empty()),
            new JwtAuthentication.Rule(
                new PathMatch.Prefix("/"),
                Optional.of(
                    new JwtRequirement.AnyOf(
                        List.of(
                            first,
                            new JwtRequirement.AllOf(
                                List.of(
                                    new JwtRequirement.AnyOf(
                                        List.of(second, new JwtRequirement.AllowMissing())),
                                    new JwtRequirement.AllowMissingOrFailed()))))))),
        true);
  }

  /** What Envoy takes for a connection: no headers. */
  static Rbac connection() {
    AccessPolicy policy =
        new AccessPolicy(
            List.of(
                new AccessCondition.And(
                    List.of(
                        new AccessCondition.DestinationPort(8002),
                        new AccessCondition.ServerName(StringMatch.exact("a.b"))))),
            List.of(
                new AccessCondition.Authenticated(
                    Optional.of(new StringMatch.Regex(".*/ns/x/.*")))));
    return new Rbac(
        Optional.of(new AccessRules(AccessRules.Action.ALLOW, Map.of("ns[a]-policy[t]", policy))),
        Optional.empty(),
        "istio_dry_run_allow_");
  }

  private static MetadataMatch claim(ValueMatch value, boolean invert) {
    return new MetadataMatch(
        "envoy.filters.http.jwt_authn", List.of("payload", "group"), value, invert);
  }

  static Rbac shadow() {
    AccessPolicy any =
        new AccessPolicy(List.of(new AccessCondition.Any()), List.of(new AccessCondition.Any()));
    return new Rbac(
        Optional.of(new AccessRules(AccessRules.Action.LOG, Map.of("log", any))),
        Optional.of(new AccessRules(AccessRules.Action.ALLOW, Map.of())),
        "istio_dry_run_allow_");
  }
}
