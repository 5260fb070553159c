// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec.internal;

import com.google.protobuf.BoolValue;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.core.v3.RuntimeFeatureFlag;
import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.config.route.v3.RateLimit;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.LocalRateLimitDescriptor;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.VhRateLimitsOptions;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.XRateLimitHeadersRFCVersion;
import io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimitPerRoute;
import io.envoyproxy.envoy.type.metadata.v3.MetadataKey;
import io.envoyproxy.envoy.type.v3.HttpStatus;
import io.envoyproxy.envoy.type.v3.StatusCode;
import io.flotilla.model.InvalidModelException;
import io.flotilla.model.listener.NetworkFilter;
import io.flotilla.model.match.Percentage;
import io.flotilla.model.policy.FilterOverride;
import io.flotilla.model.policy.GlobalRateLimit;
import io.flotilla.model.policy.GrpcService;
import io.flotilla.model.policy.LocalRateLimit;
import io.flotilla.model.policy.RateLimitRule;
import io.flotilla.model.policy.RateLimitRule.Action;
import io.flotilla.model.policy.TokenBucket;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Rate limits, and by what they tell requests apart. */
final class RateLimitCodec {
  private static final int TOO_MANY = 429;
  private static final int ON_ERROR = 500;

  private RateLimitCodec() {}

  static io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit encode(
      LocalRateLimit limit) {
    var b =
        io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit.newBuilder()
            .setStatPrefix(limit.statPrefix())
            .setFilterEnabled(share(limit.enabled(), "local_rate_limit_enabled"))
            .setFilterEnforced(share(limit.enforced(), "local_rate_limit_enforced"))
            .setStage(limit.stage())
            .setLocalRateLimitPerDownstreamConnection(limit.perConnection())
            .setRateLimitedAsResourceExhausted(limit.resourceExhausted())
            .setVhRateLimits(
                switch (limit.virtualHost()) {
                  case WITHOUT_ROUTES -> VhRateLimitsOptions.OVERRIDE;
                  case ALWAYS -> VhRateLimitsOptions.INCLUDE;
                  case NEVER -> VhRateLimitsOptions.IGNORE;
                });
    if (limit.status() != TOO_MANY) {
      b.setStatus(HttpStatus.newBuilder().setCode(StatusCode.forNumber(limit.status())));
    }
    limit.bucket().ifPresent(t -> b.setTokenBucket(bucket(t)));
    if (limit.tellsLimits()) {
      b.setEnableXRatelimitHeaders(XRateLimitHeadersRFCVersion.DRAFT_VERSION_03);
    }
    if (!limit.alwaysTakesOfBucket()) {
      b.setAlwaysConsumeDefaultTokenBucket(BoolValue.of(false));
    }
    limit.toUpstream().forEach(h -> b.addRequestHeadersToAddWhenNotEnforced(header(h)));
    limit.toClient().forEach(h -> b.addResponseHeadersToAdd(header(h)));
    for (LocalRateLimit.Limit each : limit.limits()) {
      LocalRateLimitDescriptor.Builder descriptor = b.addDescriptorsBuilder();
      descriptor.setTokenBucket(bucket(each.bucket()));
      each.descriptor()
          .forEach(
              e ->
                  descriptor.addEntries(
                      RateLimitDescriptor.Entry.newBuilder().setKey(e.key()).setValue(e.value())));
    }
    limit.rules().forEach(r -> b.addRateLimits(encode(r)));
    return b.build();
  }

  static LocalRateLimit decode(
      io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit m) {
    if (m.hasLocalClusterRateLimit() || m.hasMaxDynamicDescriptors()) {
      throw new InvalidModelException(
          "local rate limit "
              + m.getStatPrefix()
              + " is shared among proxies or made as descriptors come, which is not supported");
    }
    return new LocalRateLimit(
        m.getStatPrefix(),
        m.getStatus().getCodeValue() < 400 ? TOO_MANY : m.getStatus().getCodeValue(),
        Common.when(m.hasTokenBucket(), () -> bucket(m.getTokenBucket())),
        share(m.hasFilterEnabled(), m.getFilterEnabled()),
        share(m.hasFilterEnforced(), m.getFilterEnforced()),
        m.getRequestHeadersToAddWhenNotEnforcedList().stream().map(RateLimitCodec::header).toList(),
        m.getResponseHeadersToAddList().stream().map(RateLimitCodec::header).toList(),
        m.getDescriptorsList().stream().map(RateLimitCodec::limit).toList(),
        m.getStage(),
        m.getLocalRateLimitPerDownstreamConnection(),
        m.getEnableXRatelimitHeaders() == XRateLimitHeadersRFCVersion.DRAFT_VERSION_03,
        !m.hasAlwaysConsumeDefaultTokenBucket()
            || m.getAlwaysConsumeDefaultTokenBucket().getValue(),
        m.getRateLimitedAsResourceExhausted(),
        switch (m.getVhRateLimits()) {
          case INCLUDE -> LocalRateLimit.VirtualHostRules.ALWAYS;
          case IGNORE -> LocalRateLimit.VirtualHostRules.NEVER;
          default -> LocalRateLimit.VirtualHostRules.WITHOUT_ROUTES;
        },
        m.getRateLimitsList().stream().map(RateLimitCodec::decode).toList());
  }

  static io.envoyproxy.envoy.extensions.filters.network.local_ratelimit.v3.LocalRateLimit network(
      NetworkFilter.LocalRate r) {
    var b =
        io.envoyproxy.envoy.extensions.filters.network.local_ratelimit.v3.LocalRateLimit
            .newBuilder()
            .setStatPrefix(r.statPrefix())
            .setTokenBucket(bucket(r.bucket()))
            .setShareKey(r.shareKey());
    if (!r.enabled()) {
      b.setRuntimeEnabled(
          RuntimeFeatureFlag.newBuilder()
              .setDefaultValue(BoolValue.of(false))
              .setRuntimeKey("tcp_local_rate_limit_enabled"));
    }
    return b.build();
  }

  static NetworkFilter.LocalRate network(
      io.envoyproxy.envoy.extensions.filters.network.local_ratelimit.v3.LocalRateLimit m) {
    return new NetworkFilter.LocalRate(
        m.getStatPrefix(),
        bucket(m.getTokenBucket()),
        !m.hasRuntimeEnabled() || m.getRuntimeEnabled().getDefaultValue().getValue(),
        m.getShareKey());
  }

  private static LocalRateLimit.Limit limit(LocalRateLimitDescriptor d) {
    return new LocalRateLimit.Limit(
        d.getEntriesList().stream()
            .map(e -> new RateLimitRule.Entry(e.getKey(), e.getValue()))
            .toList(),
        bucket(d.getTokenBucket()));
  }

  static io.envoyproxy.envoy.type.v3.TokenBucket bucket(TokenBucket t) {
    return io.envoyproxy.envoy.type.v3.TokenBucket.newBuilder()
        .setMaxTokens((int) t.maxTokens())
        .setTokensPerFill(UInt32Value.of((int) t.tokensPerFill()))
        .setFillInterval(Common.duration(t.fillInterval()))
        .build();
  }

  static TokenBucket bucket(io.envoyproxy.envoy.type.v3.TokenBucket t) {
    return new TokenBucket(
        Integer.toUnsignedLong(t.getMaxTokens()),
        t.hasTokensPerFill() ? Integer.toUnsignedLong(t.getTokensPerFill().getValue()) : 1,
        Common.duration(t.getFillInterval()));
  }

  private static RuntimeFractionalPercent share(Percentage share, String key) {
    return RuntimeFractionalPercent.newBuilder()
        .setDefaultValue(Common.percent(share))
        .setRuntimeKey(key)
        .build();
  }

  // Without it nothing is counted, as Envoy has it.
  private static Percentage share(boolean present, RuntimeFractionalPercent share) {
    return present ? Common.percent(share.getDefaultValue()) : Percentage.NONE;
  }

  private static HeaderValueOption header(LocalRateLimit.Header h) {
    HeaderValueOption.Builder b =
        HeaderValueOption.newBuilder()
            .setAppendAction(
                h.append()
                    ? HeaderValueOption.HeaderAppendAction.APPEND_IF_EXISTS_OR_ADD
                    : HeaderValueOption.HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD);
    b.getHeaderBuilder().setKey(h.name()).setValue(h.value());
    return b.build();
  }

  @SuppressWarnings("deprecation")
  private static LocalRateLimit.Header header(HeaderValueOption o) {
    boolean append =
        o.hasAppend()
            ? o.getAppend().getValue()
            : o.getAppendAction() == HeaderValueOption.HeaderAppendAction.APPEND_IF_EXISTS_OR_ADD;
    return new LocalRateLimit.Header(o.getHeader().getKey(), o.getHeader().getValue(), append);
  }

  static io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimit encode(
      GlobalRateLimit limit) {
    var b =
        io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimit.newBuilder()
            .setDomain(limit.domain())
            .setStage(limit.stage())
            .setRequestType(limit.of().name().toLowerCase(Locale.ROOT))
            .setTimeout(Common.duration(limit.service().timeout()))
            .setFailureModeDeny(limit.denyOnError())
            .setRateLimitedAsResourceExhausted(limit.answer().resourceExhausted())
            .setDisableXEnvoyRatelimitedHeader(!limit.answer().tellsRefusal())
            .setStatPrefix(limit.statPrefix());
    b.getRateLimitServiceBuilder()
        .setGrpcService(GrpcServiceCodec.encode(limit.service()))
        .setTransportApiVersion(ApiVersion.V3);
    if (limit.statusOnError() != ON_ERROR) {
      b.setStatusOnError(
          HttpStatus.newBuilder().setCode(StatusCode.forNumber(limit.statusOnError())));
    }
    if (limit.answer().status() != TOO_MANY) {
      b.setRateLimitedStatus(
          HttpStatus.newBuilder().setCode(StatusCode.forNumber(limit.answer().status())));
    }
    if (limit.answer().tellsLimits()) {
      b.setEnableXRatelimitHeaders(
          io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimit
              .XRateLimitHeadersRFCVersion.DRAFT_VERSION_03);
    }
    limit.answer().headers().forEach(h -> b.addResponseHeadersToAdd(header(h)));
    if (!limit.enabled().equals(Percentage.ALL)) {
      b.setFilterEnabled(share(limit.enabled(), "ratelimit.http_filter_enabled"));
    }
    if (!limit.enforced().equals(Percentage.ALL)) {
      b.setFilterEnforced(share(limit.enforced(), "ratelimit.http_filter_enforcing"));
    }
    return b.build();
  }

  static GlobalRateLimit decode(
      io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimit m) {
    GrpcService service =
        GrpcServiceCodec.decode(
            m.getRateLimitService().getGrpcService(), GlobalRateLimit.DEFAULT_TIMEOUT);
    return new GlobalRateLimit(
        m.getDomain(),
        m.getStage(),
        switch (m.getRequestType()) {
          case "internal" -> GlobalRateLimit.Requests.INTERNAL;
          case "external" -> GlobalRateLimit.Requests.EXTERNAL;
          default -> GlobalRateLimit.Requests.BOTH;
        },
        new GrpcService(
            service.cluster(),
            service.authority(),
            m.hasTimeout() ? Common.duration(m.getTimeout()) : GlobalRateLimit.DEFAULT_TIMEOUT,
            service.metadata()),
        m.getFailureModeDeny(),
        m.getStatusOnError().getCodeValue() == 0 ? ON_ERROR : m.getStatusOnError().getCodeValue(),
        new GlobalRateLimit.Answer(
            m.getRateLimitedStatus().getCodeValue() < 400
                ? TOO_MANY
                : m.getRateLimitedStatus().getCodeValue(),
            m.getRateLimitedAsResourceExhausted(),
            m.getEnableXRatelimitHeaders()
                == io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimit
                    .XRateLimitHeadersRFCVersion.DRAFT_VERSION_03,
            !m.getDisableXEnvoyRatelimitedHeader(),
            m.getResponseHeadersToAddList().stream().map(RateLimitCodec::header).toList()),
        m.hasFilterEnabled()
            ? Common.percent(m.getFilterEnabled().getDefaultValue())
            : Percentage.ALL,
        m.hasFilterEnforced()
            ? Common.percent(m.getFilterEnforced().getDefaultValue())
            : Percentage.ALL,
        m.getStatPrefix());
  }

  static RateLimitPerRoute encode(FilterOverride.Rate rate) {
    RateLimitPerRoute.Builder b =
        RateLimitPerRoute.newBuilder()
            .setDomain(rate.domain())
            .setVhRateLimits(
                switch (rate.virtualHost()) {
                  case WITHOUT_ROUTES -> RateLimitPerRoute.VhRateLimitsOptions.OVERRIDE;
                  case ALWAYS -> RateLimitPerRoute.VhRateLimitsOptions.INCLUDE;
                  case NEVER -> RateLimitPerRoute.VhRateLimitsOptions.IGNORE;
                });
    rate.rules().forEach(r -> b.addRateLimits(encode(r)));
    return b.build();
  }

  static FilterOverride decode(RateLimitPerRoute m) {
    if (m.getOverrideOption() != RateLimitPerRoute.OverrideOptions.DEFAULT) {
      throw new InvalidModelException(
          "a route's rate limits by override_option "
              + m.getOverrideOption()
              + " are not supported; leave it out");
    }
    return new FilterOverride.Rate(
        switch (m.getVhRateLimits()) {
          case INCLUDE -> LocalRateLimit.VirtualHostRules.ALWAYS;
          case IGNORE -> LocalRateLimit.VirtualHostRules.NEVER;
          default -> LocalRateLimit.VirtualHostRules.WITHOUT_ROUTES;
        },
        decode(m.getRateLimitsList()),
        m.getDomain());
  }

  static RateLimit encode(RateLimitRule rule) {
    RateLimit.Builder b = RateLimit.newBuilder();
    if (rule.stage() > 0) {
      b.setStage(UInt32Value.of(rule.stage()));
    }
    rule.actions().forEach(a -> b.addActions(action(a)));
    return b.build();
  }

  private static RateLimit.Action action(Action action) {
    RateLimit.Action.Builder b = RateLimit.Action.newBuilder();
    switch (action) {
      case Action.DestinationCluster a -> b.getDestinationClusterBuilder();
      case Action.Header a ->
          b.getRequestHeadersBuilder()
              .setHeaderName(a.name())
              .setDescriptorKey(a.key())
              .setSkipIfAbsent(a.skip());
      case Action.Query a ->
          b.getQueryParametersBuilder()
              .setQueryParameterName(a.name())
              .setDescriptorKey(a.key())
              .setSkipIfAbsent(a.skip());
      case Action.RemoteAddress a -> b.getRemoteAddressBuilder();
      case Action.MaskedRemoteAddress a ->
          b.getMaskedRemoteAddressBuilder()
              .setV4PrefixMaskLen(UInt32Value.of(a.v4Bits()))
              .setV6PrefixMaskLen(UInt32Value.of(a.v6Bits()));
      case Action.Generic a ->
          b.getGenericKeyBuilder().setDescriptorKey(a.key()).setDescriptorValue(a.value());
      case Action.HeaderValues a -> {
        b.getHeaderValueMatchBuilder()
            .setDescriptorKey(a.key())
            .setDescriptorValue(a.value())
            .setExpectMatch(BoolValue.of(a.expected()));
        a.headers().forEach(h -> b.getHeaderValueMatchBuilder().addHeaders(Matches.header(h)));
      }
      case Action.QueryValues a -> {
        b.getQueryParameterValueMatchBuilder()
            .setDescriptorKey(a.key())
            .setDescriptorValue(a.value())
            .setExpectMatch(BoolValue.of(a.expected()));
        a.parameters()
            .forEach(
                q -> b.getQueryParameterValueMatchBuilder().addQueryParameters(Matches.query(q)));
      }
      case Action.Metadata a -> {
        MetadataKey.Builder key = MetadataKey.newBuilder().setKey(a.filter());
        a.path().forEach(p -> key.addPathBuilder().setKey(p));
        b.getMetadataBuilder()
            .setDescriptorKey(a.key())
            .setMetadataKey(key)
            .setDefaultValue(a.otherwise().orElse(""))
            .setSkipIfAbsent(a.skip());
      }
    }
    return b.build();
  }

  static RateLimitRule decode(RateLimit m) {
    if (m.hasLimit()
        || m.hasHitsAddend()
        || m.getApplyOnStreamDone()
        || !m.getDisableKey().isEmpty()) {
      throw new InvalidModelException(
          "a rate limit with an override, an addend, a key that turns it off, or one at the end of"
              + " a request is not supported");
    }
    return new RateLimitRule(
        m.getStage().getValue(), m.getActionsList().stream().map(RateLimitCodec::action).toList());
  }

  private static Action action(RateLimit.Action a) {
    return switch (a.getActionSpecifierCase()) {
      case SOURCE_CLUSTER ->
          throw new InvalidModelException(
              "a rate limit by the proxy's own cluster is not supported; use a generic key");
      case DESTINATION_CLUSTER -> new Action.DestinationCluster();
      case REQUEST_HEADERS ->
          new Action.Header(
              a.getRequestHeaders().getHeaderName(),
              a.getRequestHeaders().getDescriptorKey(),
              a.getRequestHeaders().getSkipIfAbsent());
      case QUERY_PARAMETERS ->
          new Action.Query(
              a.getQueryParameters().getQueryParameterName(),
              a.getQueryParameters().getDescriptorKey(),
              a.getQueryParameters().getSkipIfAbsent());
      case REMOTE_ADDRESS -> new Action.RemoteAddress();
      case MASKED_REMOTE_ADDRESS ->
          new Action.MaskedRemoteAddress(
              a.getMaskedRemoteAddress().hasV4PrefixMaskLen()
                  ? a.getMaskedRemoteAddress().getV4PrefixMaskLen().getValue()
                  : 32,
              a.getMaskedRemoteAddress().hasV6PrefixMaskLen()
                  ? a.getMaskedRemoteAddress().getV6PrefixMaskLen().getValue()
                  : 128);
      case GENERIC_KEY ->
          new Action.Generic(
              a.getGenericKey().getDescriptorKey(), a.getGenericKey().getDescriptorValue());
      case HEADER_VALUE_MATCH ->
          new Action.HeaderValues(
              a.getHeaderValueMatch().getDescriptorKey(),
              a.getHeaderValueMatch().getDescriptorValue(),
              !a.getHeaderValueMatch().hasExpectMatch()
                  || a.getHeaderValueMatch().getExpectMatch().getValue(),
              a.getHeaderValueMatch().getHeadersList().stream().map(Matches::header).toList());
      case QUERY_PARAMETER_VALUE_MATCH ->
          new Action.QueryValues(
              a.getQueryParameterValueMatch().getDescriptorKey(),
              a.getQueryParameterValueMatch().getDescriptorValue(),
              !a.getQueryParameterValueMatch().hasExpectMatch()
                  || a.getQueryParameterValueMatch().getExpectMatch().getValue(),
              a.getQueryParameterValueMatch().getQueryParametersList().stream()
                  .map(Matches::query)
                  .toList());
      case METADATA -> metadata(a.getMetadata());
      default ->
          throw new InvalidModelException(
              "a rate limit by " + a.getActionSpecifierCase() + " is not supported");
    };
  }

  private static Action metadata(RateLimit.Action.MetaData m) {
    if (m.getSource() != RateLimit.Action.MetaData.Source.DYNAMIC) {
      throw new InvalidModelException("a rate limit by a route's metadata is not supported");
    }
    return new Action.Metadata(
        m.getDescriptorKey(),
        m.getMetadataKey().getKey(),
        m.getMetadataKey().getPathList().stream().map(MetadataKey.PathSegment::getKey).toList(),
        Optional.of(m.getDefaultValue()).filter(d -> !d.isEmpty()),
        m.getSkipIfAbsent());
  }

  static List<RateLimitRule> decode(List<RateLimit> all) {
    return all.stream().map(RateLimitCodec::decode).toList();
  }
}
