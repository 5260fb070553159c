// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec.internal;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Empty;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.HttpUri;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtClaimToHeader;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtHeader;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirementAndList;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirementOrList;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.ProviderWithAudiences;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.RemoteJwks;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.RequirementRule;
import io.flotilla.model.InvalidModelException;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.policy.JwtAuthentication;
import io.flotilla.model.policy.JwtProvider;
import io.flotilla.model.policy.JwtRequirement;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The filter that verifies tokens. */
final class JwtCodec {
  private static final Duration CACHE = Duration.ofMinutes(10);

  private JwtCodec() {}

  static io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication encode(
      JwtAuthentication jwt) {
    var b =
        io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication.newBuilder()
            .setBypassCorsPreflight(jwt.bypassCorsPreflight());
    jwt.providers().forEach((name, p) -> b.putProviders(name, provider(p)));
    for (JwtAuthentication.Rule rule : jwt.rules()) {
      RequirementRule.Builder r = RequirementRule.newBuilder().setMatch(path(rule.path()));
      rule.requirement().ifPresent(each -> r.setRequires(requirement(each)));
      b.addRules(r);
    }
    return b.build();
  }

  private static RouteMatch path(PathMatch path) {
    RouteMatch.Builder b = RouteMatch.newBuilder();
    return switch (path) {
      case PathMatch.Prefix p -> b.setPrefix(p.value()).build();
      case PathMatch.Exact p -> b.setPath(p.value()).build();
      case PathMatch.Regex p -> b.setSafeRegex(Matches.regex(p.regex())).build();
      case PathMatch.PathSeparatedPrefix p -> b.setPathSeparatedPrefix(p.value()).build();
      case PathMatch.Connect p ->
          b.setConnectMatcher(RouteMatch.ConnectMatcher.getDefaultInstance()).build();
    };
  }

  private static io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtProvider provider(
      JwtProvider p) {
    var b =
        io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtProvider.newBuilder()
            .setIssuer(p.issuer())
            .addAllAudiences(p.audiences())
            .setForward(p.forward())
            .addAllFromParams(p.fromParams())
            .addAllFromCookies(p.fromCookies())
            .setForwardPayloadHeader(p.payloadHeader())
            .setPadForwardPayloadHeader(p.padPayloadHeader())
            .setPayloadInMetadata(p.metadataKey())
            .setClearRouteCache(p.clearRouteCache());
    if (!p.clockSkew().equals(JwtProvider.DEFAULT_SKEW)) {
      b.setClockSkewSeconds((int) p.clockSkew().toSeconds());
    }
    if (!p.spaceDelimitedClaims().isEmpty()) {
      b.getNormalizePayloadInMetadataBuilder().addAllSpaceDelimitedClaims(p.spaceDelimitedClaims());
    }
    for (JwtProvider.FromHeader each : p.fromHeaders()) {
      b.addFromHeaders(JwtHeader.newBuilder().setName(each.name()).setValuePrefix(each.prefix()));
    }
    for (JwtProvider.ClaimHeader each : p.claimHeaders()) {
      b.addClaimToHeaders(
          JwtClaimToHeader.newBuilder().setHeaderName(each.header()).setClaimName(each.claim()));
    }
    switch (p.keys()) {
      case JwtProvider.Keys.Inline k ->
          b.setLocalJwks(DataSource.newBuilder().setInlineString(k.jwks()));
      case JwtProvider.Keys.Remote k ->
          b.setRemoteJwks(
              RemoteJwks.newBuilder()
                  .setHttpUri(
                      HttpUri.newBuilder()
                          .setUri(k.uri())
                          .setCluster(k.cluster())
                          .setTimeout(Common.duration(k.timeout())))
                  .setCacheDuration(Common.duration(k.cache())));
    }
    return b.build();
  }

  private static io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirement
      requirement(JwtRequirement requirement) {
    var b = io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirement.newBuilder();
    switch (requirement) {
      case JwtRequirement.Provided r -> {
        if (r.audiences().isEmpty()) {
          b.setProviderName(r.provider());
        } else {
          b.setProviderAndAudiences(
              ProviderWithAudiences.newBuilder()
                  .setProviderName(r.provider())
                  .addAllAudiences(r.audiences()));
        }
      }
      case JwtRequirement.AnyOf r -> {
        JwtRequirementOrList.Builder list = JwtRequirementOrList.newBuilder();
        r.any().forEach(each -> list.addRequirements(requirement(each)));
        b.setRequiresAny(list);
      }
      case JwtRequirement.AllOf r -> {
        JwtRequirementAndList.Builder list = JwtRequirementAndList.newBuilder();
        r.all().forEach(each -> list.addRequirements(requirement(each)));
        b.setRequiresAll(list);
      }
      case JwtRequirement.AllowMissing r -> b.setAllowMissing(Empty.getDefaultInstance());
      case JwtRequirement.AllowMissingOrFailed r ->
          b.setAllowMissingOrFailed(Empty.getDefaultInstance());
    }
    return b.build();
  }

  static JwtAuthentication decode(
      io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication m) {
    if (m.hasFilterStateRules()) {
      throw new InvalidModelException("JWT rules by filter state are not supported");
    }
    Map<String, JwtProvider> providers = new LinkedHashMap<>();
    m.getProvidersMap().forEach((name, p) -> providers.put(name, provider(name, p)));
    return new JwtAuthentication(
        providers,
        m.getRulesList().stream().map(r -> rule(r, m)).toList(),
        m.getBypassCorsPreflight());
  }

  private static JwtAuthentication.Rule rule(
      RequirementRule r,
      io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication all) {
    RouteMatch match = r.getMatch();
    for (FieldDescriptor field : match.getAllFields().keySet()) {
      boolean path = field.getContainingOneof() != null;
      boolean usual =
          field.getNumber() == RouteMatch.CASE_SENSITIVE_FIELD_NUMBER
              && match.getCaseSensitive().getValue();
      if (!path && !usual) {
        throw new InvalidModelException(
            "a JWT rule that matches by "
                + field.getName()
                + " is not supported; by path, in its case, it is");
      }
    }
    PathMatch path =
        switch (match.getPathSpecifierCase()) {
          case PREFIX -> new PathMatch.Prefix(match.getPrefix());
          case PATH -> new PathMatch.Exact(match.getPath());
          case SAFE_REGEX -> new PathMatch.Regex(match.getSafeRegex().getRegex());
          case PATH_SEPARATED_PREFIX ->
              new PathMatch.PathSeparatedPrefix(match.getPathSeparatedPrefix());
          default ->
              throw new InvalidModelException(
                  "a JWT rule by " + match.getPathSpecifierCase() + " is not supported");
        };
    return new JwtAuthentication.Rule(
        path,
        switch (r.getRequirementTypeCase()) {
          case REQUIRES -> requirement(r.getRequires());
          case REQUIREMENT_NAME -> {
            if (!all.containsRequirementMap(r.getRequirementName())) {
              throw new InvalidModelException(
                  "a JWT rule names the requirement '"
                      + r.getRequirementName()
                      + "', which is not there");
            }
            yield requirement(all.getRequirementMapOrThrow(r.getRequirementName()));
          }
          default -> Optional.empty();
        });
  }

  private static Optional<JwtRequirement> requirement(
      io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirement m) {
    return switch (m.getRequiresTypeCase()) {
      case PROVIDER_NAME ->
          Optional.of(new JwtRequirement.Provided(m.getProviderName(), List.of()));
      case PROVIDER_AND_AUDIENCES ->
          Optional.of(
              new JwtRequirement.Provided(
                  m.getProviderAndAudiences().getProviderName(),
                  m.getProviderAndAudiences().getAudiencesList()));
      case REQUIRES_ANY ->
          Optional.of(new JwtRequirement.AnyOf(all(m.getRequiresAny().getRequirementsList())));
      case REQUIRES_ALL ->
          Optional.of(new JwtRequirement.AllOf(all(m.getRequiresAll().getRequirementsList())));
      case ALLOW_MISSING -> Optional.of(new JwtRequirement.AllowMissing());
      case ALLOW_MISSING_OR_FAILED -> Optional.of(new JwtRequirement.AllowMissingOrFailed());
      default -> Optional.empty();
    };
  }

  private static List<JwtRequirement> all(
      List<io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirement> list) {
    return list.stream().flatMap(each -> requirement(each).stream()).toList();
  }

  private static JwtProvider provider(
      String name, io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtProvider p) {
    if (p.hasSubjects() || p.getRequireExpiration() || p.hasMaxLifetime()) {
      throw new InvalidModelException(
          "JWT provider " + name + " restricts subjects or lifetimes, which is not supported");
    }
    if (!p.getHeaderInMetadata().isEmpty() || !p.getFailedStatusInMetadata().isEmpty()) {
      throw new InvalidModelException(
          "JWT provider " + name + " notes headers or failures, which is not supported");
    }
    return new JwtProvider(
        p.getIssuer(),
        p.getAudiencesList(),
        keys(name, p),
        p.getForward(),
        p.getFromHeadersList().stream()
            .map(h -> new JwtProvider.FromHeader(h.getName(), h.getValuePrefix()))
            .toList(),
        p.getFromParamsList(),
        p.getFromCookiesList(),
        p.getForwardPayloadHeader(),
        p.getPadForwardPayloadHeader(),
        p.getPayloadInMetadata(),
        p.getNormalizePayloadInMetadata().getSpaceDelimitedClaimsList(),
        p.getClaimToHeadersList().stream()
            .map(c -> new JwtProvider.ClaimHeader(c.getHeaderName(), c.getClaimName()))
            .toList(),
        p.getClearRouteCache(),
        p.getClockSkewSeconds() == 0
            ? JwtProvider.DEFAULT_SKEW
            : Duration.ofSeconds(p.getClockSkewSeconds()));
  }

  private static JwtProvider.Keys keys(
      String name, io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtProvider p) {
    if (p.hasRemoteJwks()) {
      RemoteJwks remote = p.getRemoteJwks();
      return new JwtProvider.Keys.Remote(
          remote.getHttpUri().getUri(),
          remote.getHttpUri().getCluster(),
          Common.duration(remote.getHttpUri().getTimeout()),
          remote.hasCacheDuration() ? Common.duration(remote.getCacheDuration()) : CACHE);
    }
    DataSource local = p.getLocalJwks();
    return switch (local.getSpecifierCase()) {
      case INLINE_STRING -> new JwtProvider.Keys.Inline(local.getInlineString());
      case INLINE_BYTES -> new JwtProvider.Keys.Inline(local.getInlineBytes().toStringUtf8());
      default ->
          throw new InvalidModelException(
              "JWT provider " + name + " must give its keys inline or by a URI");
    };
  }
}
