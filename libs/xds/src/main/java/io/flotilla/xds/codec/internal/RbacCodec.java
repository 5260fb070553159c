// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec.internal;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.config.rbac.v3.MetadataSource;
import io.envoyproxy.envoy.config.rbac.v3.Permission;
import io.envoyproxy.envoy.config.rbac.v3.Policy;
import io.envoyproxy.envoy.config.rbac.v3.Principal;
import io.envoyproxy.envoy.config.rbac.v3.RBAC;
import io.envoyproxy.envoy.config.rbac.v3.SourcedMetadata;
import io.envoyproxy.envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig;
import io.envoyproxy.envoy.type.matcher.v3.FilterStateMatcher;
import io.envoyproxy.envoy.type.matcher.v3.PathMatcher;
import io.envoyproxy.envoy.type.v3.Int32Range;
import io.flotilla.model.InvalidModelException;
import io.flotilla.model.policy.AccessCondition;
import io.flotilla.model.policy.AccessPolicy;
import io.flotilla.model.policy.AccessRules;
import io.flotilla.model.policy.Rbac;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Access control of requests and connections. */
final class RbacCodec {
  private RbacCodec() {}

  static io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC http(Rbac rbac) {
    var b =
        io.envoyproxy
            .envoy
            .extensions
            .filters
            .http
            .rbac
            .v3
            .RBAC
            .newBuilder()
            .setShadowRulesStatPrefix(rbac.shadowPrefix());
    rbac.rules().ifPresent(r -> b.setRules(rules(r)));
    rbac.shadowRules().ifPresent(r -> b.setShadowRules(rules(r)));
    return b.build();
  }

  static Rbac http(io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC m) {
    return decode(
        m.hasMatcher() || m.hasShadowMatcher(),
        Common.when(m.hasRules(), m::getRules),
        Common.when(m.hasShadowRules(), m::getShadowRules),
        m.getShadowRulesStatPrefix());
  }

  static io.envoyproxy.envoy.extensions.filters.network.rbac.v3.RBAC network(
      Rbac rbac, String statPrefix) {
    var b =
        io.envoyproxy
            .envoy
            .extensions
            .filters
            .network
            .rbac
            .v3
            .RBAC
            .newBuilder()
            .setStatPrefix(statPrefix)
            .setShadowRulesStatPrefix(rbac.shadowPrefix());
    rbac.rules().ifPresent(r -> b.setRules(rules(r)));
    rbac.shadowRules().ifPresent(r -> b.setShadowRules(rules(r)));
    return b.build();
  }

  static Rbac network(io.envoyproxy.envoy.extensions.filters.network.rbac.v3.RBAC m) {
    return decode(
        m.hasMatcher() || m.hasShadowMatcher(),
        Common.when(m.hasRules(), m::getRules),
        Common.when(m.hasShadowRules(), m::getShadowRules),
        m.getShadowRulesStatPrefix());
  }

  private static Rbac decode(
      boolean byMatchers, Optional<RBAC> rules, Optional<RBAC> shadowRules, String shadowPrefix) {
    if (byMatchers) {
      throw new InvalidModelException("an RBAC filter by matchers is not supported; by rules is");
    }
    return new Rbac(rules.map(RbacCodec::rules), shadowRules.map(RbacCodec::rules), shadowPrefix);
  }

  private static RBAC rules(AccessRules rules) {
    RBAC.Builder b =
        RBAC.newBuilder()
            .setAction(
                switch (rules.action()) {
                  case ALLOW -> RBAC.Action.ALLOW;
                  case DENY -> RBAC.Action.DENY;
                  case LOG -> RBAC.Action.LOG;
                });
    rules
        .policies()
        .forEach(
            (name, policy) -> {
              Policy.Builder p = Policy.newBuilder();
              policy.permissions().forEach(c -> p.addPermissions(permission(c)));
              policy.principals().forEach(c -> p.addPrincipals(principal(c)));
              b.putPolicies(name, p.build());
            });
    return b.build();
  }

  private static AccessRules rules(RBAC m) {
    Map<String, AccessPolicy> policies = new LinkedHashMap<>();
    m.getPoliciesMap()
        .forEach(
            (name, p) -> {
              if (p.hasCondition() || p.hasCheckedCondition()) {
                throw new InvalidModelException(
                    "access policy " + name + " has a CEL condition, which is not supported");
              }
              policies.put(
                  name,
                  new AccessPolicy(
                      p.getPermissionsList().stream().map(RbacCodec::permission).toList(),
                      p.getPrincipalsList().stream().map(RbacCodec::principal).toList()));
            });
    return new AccessRules(
        switch (m.getAction()) {
          case ALLOW -> AccessRules.Action.ALLOW;
          case DENY -> AccessRules.Action.DENY;
          case LOG -> AccessRules.Action.LOG;
          default ->
              throw new InvalidModelException(
                  "an unknown action of an RBAC filter is not supported");
        },
        policies);
  }

  private static Permission permission(AccessCondition condition) {
    Permission.Builder b = Permission.newBuilder();
    switch (condition) {
      case AccessCondition.Any c -> b.setAny(true);
      case AccessCondition.And c ->
          c.all().forEach(each -> b.getAndRulesBuilder().addRules(permission(each)));
      case AccessCondition.Or c ->
          c.any().forEach(each -> b.getOrRulesBuilder().addRules(permission(each)));
      case AccessCondition.Not c -> b.setNotRule(permission(c.condition()));
      case AccessCondition.Header c -> b.setHeader(Matches.header(c.match()));
      case AccessCondition.UrlPath c ->
          b.setUrlPath(PathMatcher.newBuilder().setPath(Matches.string(c.match())));
      case AccessCondition.Metadata c -> b.setMetadata(Matches.metadata(c.match()));
      case AccessCondition.DestinationIp c -> b.setDestinationIp(Common.cidr(c.range()));
      case AccessCondition.DestinationPort c -> b.setDestinationPort(c.port());
      case AccessCondition.DestinationPorts c ->
          b.setDestinationPortRange(Int32Range.newBuilder().setStart(c.first()).setEnd(c.end()));
      case AccessCondition.ServerName c -> b.setRequestedServerName(Matches.string(c.match()));
      case AccessCondition.PathTemplate c ->
          b.setUriTemplate(
              TypedExtensionConfig.newBuilder()
                  .setName("uri-template")
                  .setTypedConfig(
                      Any.pack(
                          UriTemplateMatchConfig.newBuilder()
                              .setPathTemplate(c.template())
                              .build())));
      case AccessCondition.Authenticated c -> throw misplaced(c, "permission");
      case AccessCondition.SourceIp c -> throw misplaced(c, "permission");
      case AccessCondition.DirectRemoteIp c -> throw misplaced(c, "permission");
      case AccessCondition.RemoteIp c -> throw misplaced(c, "permission");
      case AccessCondition.FilterState c -> throw misplaced(c, "permission");
    }
    return b.build();
  }

  private static AccessCondition permission(Permission m) {
    return switch (m.getRuleCase()) {
      case AND_RULES ->
          new AccessCondition.And(
              m.getAndRules().getRulesList().stream().map(RbacCodec::permission).toList());
      case OR_RULES ->
          new AccessCondition.Or(
              m.getOrRules().getRulesList().stream().map(RbacCodec::permission).toList());
      case ANY -> new AccessCondition.Any();
      case NOT_RULE -> new AccessCondition.Not(permission(m.getNotRule()));
      case HEADER -> new AccessCondition.Header(Matches.header(m.getHeader()));
      case URL_PATH -> new AccessCondition.UrlPath(Matches.string(m.getUrlPath().getPath()));
      case METADATA -> new AccessCondition.Metadata(Matches.metadata(m.getMetadata()));
      case SOURCED_METADATA -> sourced(m.getSourcedMetadata());
      case DESTINATION_IP -> new AccessCondition.DestinationIp(Common.cidr(m.getDestinationIp()));
      case DESTINATION_PORT -> new AccessCondition.DestinationPort(m.getDestinationPort());
      case DESTINATION_PORT_RANGE ->
          new AccessCondition.DestinationPorts(
              m.getDestinationPortRange().getStart(), m.getDestinationPortRange().getEnd());
      case REQUESTED_SERVER_NAME ->
          new AccessCondition.ServerName(Matches.string(m.getRequestedServerName()));
      case URI_TEMPLATE ->
          new AccessCondition.PathTemplate(
              Common.unpack(m.getUriTemplate().getTypedConfig(), UriTemplateMatchConfig.class)
                  .getPathTemplate());
      default ->
          throw new InvalidModelException(
              "a permission of kind " + m.getRuleCase() + " is not supported");
    };
  }

  private static Principal principal(AccessCondition condition) {
    Principal.Builder b = Principal.newBuilder();
    switch (condition) {
      case AccessCondition.Any c -> b.setAny(true);
      case AccessCondition.And c ->
          c.all().forEach(each -> b.getAndIdsBuilder().addIds(principal(each)));
      case AccessCondition.Or c ->
          c.any().forEach(each -> b.getOrIdsBuilder().addIds(principal(each)));
      case AccessCondition.Not c -> b.setNotId(principal(c.condition()));
      case AccessCondition.Header c -> b.setHeader(Matches.header(c.match()));
      case AccessCondition.UrlPath c ->
          b.setUrlPath(PathMatcher.newBuilder().setPath(Matches.string(c.match())));
      case AccessCondition.Metadata c -> b.setMetadata(Matches.metadata(c.match()));
      case AccessCondition.Authenticated c -> {
        var a = b.getAuthenticatedBuilder();
        c.principal().ifPresent(p -> a.setPrincipalName(Matches.string(p)));
      }
      case AccessCondition.SourceIp c -> sourceIp(b, c);
      case AccessCondition.DirectRemoteIp c -> b.setDirectRemoteIp(Common.cidr(c.range()));
      case AccessCondition.RemoteIp c -> b.setRemoteIp(Common.cidr(c.range()));
      case AccessCondition.FilterState c ->
          b.setFilterState(
              FilterStateMatcher.newBuilder()
                  .setKey(c.key())
                  .setStringMatch(Matches.string(c.match())));
      case AccessCondition.DestinationIp c -> throw misplaced(c, "principal");
      case AccessCondition.DestinationPort c -> throw misplaced(c, "principal");
      case AccessCondition.DestinationPorts c -> throw misplaced(c, "principal");
      case AccessCondition.ServerName c -> throw misplaced(c, "principal");
      case AccessCondition.PathTemplate c -> throw misplaced(c, "principal");
    }
    return b.build();
  }

  @SuppressWarnings("deprecation")
  private static void sourceIp(Principal.Builder b, AccessCondition.SourceIp c) {
    b.setSourceIp(Common.cidr(c.range()));
  }

  @SuppressWarnings("deprecation")
  private static AccessCondition principal(Principal m) {
    return switch (m.getIdentifierCase()) {
      case AND_IDS ->
          new AccessCondition.And(
              m.getAndIds().getIdsList().stream().map(RbacCodec::principal).toList());
      case OR_IDS ->
          new AccessCondition.Or(
              m.getOrIds().getIdsList().stream().map(RbacCodec::principal).toList());
      case ANY -> new AccessCondition.Any();
      case NOT_ID -> new AccessCondition.Not(principal(m.getNotId()));
      case HEADER -> new AccessCondition.Header(Matches.header(m.getHeader()));
      case URL_PATH -> new AccessCondition.UrlPath(Matches.string(m.getUrlPath().getPath()));
      case METADATA -> new AccessCondition.Metadata(Matches.metadata(m.getMetadata()));
      case SOURCED_METADATA -> sourced(m.getSourcedMetadata());
      case AUTHENTICATED ->
          new AccessCondition.Authenticated(
              m.getAuthenticated().hasPrincipalName()
                  ? Optional.of(Matches.string(m.getAuthenticated().getPrincipalName()))
                  : Optional.empty());
      case SOURCE_IP -> new AccessCondition.SourceIp(Common.cidr(m.getSourceIp()));
      case DIRECT_REMOTE_IP ->
          new AccessCondition.DirectRemoteIp(Common.cidr(m.getDirectRemoteIp()));
      case REMOTE_IP -> new AccessCondition.RemoteIp(Common.cidr(m.getRemoteIp()));
      case FILTER_STATE ->
          new AccessCondition.FilterState(
              m.getFilterState().getKey(), Matches.string(m.getFilterState().getStringMatch()));
      default ->
          throw new InvalidModelException(
              "a principal of kind " + m.getIdentifierCase() + " is not supported");
    };
  }

  private static AccessCondition sourced(SourcedMetadata m) {
    if (m.getMetadataSource() != MetadataSource.DYNAMIC) {
      throw new InvalidModelException(
          "metadata of the source " + m.getMetadataSource() + " is not supported in access rules");
    }
    return new AccessCondition.Metadata(Matches.metadata(m.getMetadataMatcher()));
  }

  private static InvalidModelException misplaced(AccessCondition condition, String place) {
    return new InvalidModelException(
        "the condition " + condition.getClass().getSimpleName() + " cannot be part of a " + place);
  }
}
