// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec.internal;

import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HttpUri;
import io.envoyproxy.envoy.config.core.v3.RuntimeFeatureFlag;
import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.AuthorizationRequest;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.AuthorizationResponse;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.BufferSettings;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.CheckSettings;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.ExtAuthz;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.HttpService;
import io.envoyproxy.envoy.type.matcher.v3.ListStringMatcher;
import io.envoyproxy.envoy.type.v3.HttpStatus;
import io.envoyproxy.envoy.type.v3.StatusCode;
import io.flotilla.model.InvalidModelException;
import io.flotilla.model.listener.NetworkFilter;
import io.flotilla.model.match.Percentage;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.policy.ExternalAuthorization;
import io.flotilla.model.policy.ExternalAuthorization.OnError;
import io.flotilla.model.policy.ExternalAuthorization.Question;
import io.flotilla.model.policy.ExternalAuthorization.Service;
import io.flotilla.model.policy.ExternalAuthorization.When;
import io.flotilla.model.policy.FilterOverride;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Authorization services of requests and connections. */
final class AuthorizationCodec {
  private AuthorizationCodec() {}

  static ExtAuthz encode(ExternalAuthorization a) {
    ExtAuthz.Builder b =
        ExtAuthz.newBuilder()
            .setTransportApiVersion(ApiVersion.V3)
            .setFailureModeAllow(a.onError().allow())
            .setFailureModeAllowHeaderAdd(a.onError().header())
            .setClearRouteCache(a.clearRouteCache())
            .setValidateMutations(a.validate())
            .setStatPrefix(a.statPrefix())
            .addAllMetadataContextNamespaces(a.question().metadata())
            .setIncludePeerCertificate(a.question().peerCertificate())
            .setIncludeTlsSession(a.question().tlsSession());
    if (a.onError().status() != OnError.DENY.status()) {
      b.setStatusOnError(
          HttpStatus.newBuilder().setCode(StatusCode.forNumber(a.onError().status())));
    }
    switch (a.service()) {
      case Service.Grpc g -> b.setGrpcService(GrpcServiceCodec.encode(g.service()));
      case Service.Http h -> b.setHttpService(http(h));
    }
    a.question().body().ifPresent(body -> b.setWithRequestBody(body(body)));
    a.question().allowedHeaders().ifPresent(all -> b.setAllowedHeaders(list(all)));
    if (!a.question().disallowedHeaders().isEmpty()) {
      b.setDisallowedHeaders(list(a.question().disallowedHeaders()));
    }
    if (!a.when().share().equals(Percentage.ALL)) {
      b.setFilterEnabled(
          RuntimeFractionalPercent.newBuilder()
              .setDefaultValue(Common.percent(a.when().share()))
              .setRuntimeKey("ext_authz.enabled"));
    }
    a.when().metadata().ifPresent(m -> b.setFilterEnabledMetadata(Matches.metadata(m)));
    if (a.when().denyOthers()) {
      b.setDenyAtDisable(
          RuntimeFeatureFlag.newBuilder()
              .setDefaultValue(Common.bool(true))
              .setRuntimeKey("ext_authz.deny_at_disable"));
    }
    return b.build();
  }

  private static HttpService http(Service.Http h) {
    HttpService.Builder b =
        HttpService.newBuilder()
            .setPathPrefix(h.pathPrefix())
            .setServerUri(
                HttpUri.newBuilder()
                    .setUri(h.uri())
                    .setCluster(h.cluster())
                    .setTimeout(Common.duration(h.timeout())));
    if (!h.headers().isEmpty()) {
      AuthorizationRequest.Builder request = AuthorizationRequest.newBuilder();
      h.headers()
          .forEach(
              (name, value) ->
                  request.addHeadersToAdd(HeaderValue.newBuilder().setKey(name).setValue(value)));
      b.setAuthorizationRequest(request);
    }
    AuthorizationResponse.Builder answer = AuthorizationResponse.newBuilder();
    ifAny(h.upstreamHeaders()).ifPresent(answer::setAllowedUpstreamHeaders);
    ifAny(h.appendedHeaders()).ifPresent(answer::setAllowedUpstreamHeadersToAppend);
    ifAny(h.deniedHeaders()).ifPresent(answer::setAllowedClientHeaders);
    ifAny(h.allowedHeaders()).ifPresent(answer::setAllowedClientHeadersOnSuccess);
    ifAny(h.metadataHeaders()).ifPresent(answer::setDynamicMetadataFromHeaders);
    if (!answer.build().equals(AuthorizationResponse.getDefaultInstance())) {
      b.setAuthorizationResponse(answer);
    }
    return b.build();
  }

  private static Optional<ListStringMatcher> ifAny(List<StringMatch> matches) {
    return Common.when(!matches.isEmpty(), () -> list(matches));
  }

  private static ListStringMatcher list(List<StringMatch> matches) {
    ListStringMatcher.Builder b = ListStringMatcher.newBuilder();
    matches.forEach(m -> b.addPatterns(Matches.string(m)));
    return b.build();
  }

  private static List<StringMatch> list(ListStringMatcher matches) {
    return matches.getPatternsList().stream().map(Matches::string).toList();
  }

  private static BufferSettings body(ExternalAuthorization.Body body) {
    return BufferSettings.newBuilder()
        .setMaxRequestBytes(body.largest())
        .setAllowPartialMessage(body.partial())
        .setPackAsBytes(body.bytes())
        .build();
  }

  private static ExternalAuthorization.Body body(BufferSettings body) {
    return new ExternalAuthorization.Body(
        body.getMaxRequestBytes(), body.getAllowPartialMessage(), body.getPackAsBytes());
  }

  static ExternalAuthorization decode(ExtAuthz m) {
    refuse(m.getEncodeRawHeaders(), "encode_raw_headers");
    refuse(m.hasDecoderHeaderMutationRules(), "decoder_header_mutation_rules");
    refuse(m.getTypedMetadataContextNamespacesCount() > 0, "typed_metadata_context_namespaces");
    refuse(
        m.getRouteMetadataContextNamespacesCount() > 0
            || m.getRouteTypedMetadataContextNamespacesCount() > 0,
        "route_metadata_context_namespaces");
    refuse(!m.getBootstrapMetadataLabelsKey().isEmpty(), "bootstrap_metadata_labels_key");
    refuse(
        m.hasChargeClusterResponseStats() && !m.getChargeClusterResponseStats().getValue(),
        "charge_cluster_response_stats: false");
    Service service =
        switch (m.getServicesCase()) {
          case GRPC_SERVICE ->
              new Service.Grpc(
                  GrpcServiceCodec.decode(
                      m.getGrpcService(), ExternalAuthorization.DEFAULT_TIMEOUT));
          case HTTP_SERVICE -> http(m.getHttpService());
          default ->
              throw new InvalidModelException(
                  "an ext_authz filter must name a gRPC or an HTTP service");
        };
    return new ExternalAuthorization(
        service,
        new Question(
            Common.when(m.hasWithRequestBody(), () -> body(m.getWithRequestBody())),
            allowedHeaders(m),
            list(m.getDisallowedHeaders()),
            m.getMetadataContextNamespacesList(),
            m.getIncludePeerCertificate(),
            m.getIncludeTlsSession()),
        new When(
            m.hasFilterEnabled()
                ? Common.percent(m.getFilterEnabled().getDefaultValue())
                : Percentage.ALL,
            Common.when(
                m.hasFilterEnabledMetadata(), () -> Matches.metadata(m.getFilterEnabledMetadata())),
            m.getDenyAtDisable().getDefaultValue().getValue()),
        new OnError(
            m.getFailureModeAllow(),
            m.getFailureModeAllowHeaderAdd(),
            m.getStatusOnError().getCodeValue() == 0
                ? OnError.DENY.status()
                : m.getStatusOnError().getCodeValue()),
        m.getClearRouteCache(),
        m.getValidateMutations(),
        m.getStatPrefix());
  }

  // istiod still says by the older field what an HTTP service is told.
  @SuppressWarnings("deprecation")
  private static Optional<List<StringMatch>> allowedHeaders(ExtAuthz m) {
    if (m.hasAllowedHeaders()) {
      return Optional.of(list(m.getAllowedHeaders()));
    }
    AuthorizationRequest older = m.getHttpService().getAuthorizationRequest();
    return Common.when(older.hasAllowedHeaders(), () -> list(older.getAllowedHeaders()));
  }

  private static Service.Http http(HttpService h) {
    Map<String, String> headers = new LinkedHashMap<>();
    h.getAuthorizationRequest()
        .getHeadersToAddList()
        .forEach(header -> headers.put(header.getKey(), header.getValue()));
    AuthorizationResponse answer = h.getAuthorizationResponse();
    return new Service.Http(
        h.getServerUri().getUri(),
        h.getServerUri().getCluster(),
        h.getServerUri().hasTimeout()
            ? Common.duration(h.getServerUri().getTimeout())
            : ExternalAuthorization.DEFAULT_TIMEOUT,
        h.getPathPrefix(),
        headers,
        list(answer.getAllowedUpstreamHeaders()),
        list(answer.getAllowedUpstreamHeadersToAppend()),
        list(answer.getAllowedClientHeaders()),
        list(answer.getAllowedClientHeadersOnSuccess()),
        list(answer.getDynamicMetadataFromHeaders()));
  }

  private static void refuse(boolean is, String field) {
    if (is) {
      throw new InvalidModelException("an ext_authz filter with " + field + " is not supported");
    }
  }

  static ExtAuthzPerRoute encode(FilterOverride.Authorization o) {
    CheckSettings.Builder b =
        CheckSettings.newBuilder()
            .putAllContextExtensions(o.context())
            .setDisableRequestBodyBuffering(o.withoutBody());
    o.body().ifPresent(body -> b.setWithRequestBody(body(body)));
    return ExtAuthzPerRoute.newBuilder().setCheckSettings(b).build();
  }

  static FilterOverride decode(ExtAuthzPerRoute m) {
    return switch (m.getOverrideCase()) {
      case DISABLED -> m.getDisabled() ? new FilterOverride.Off() : new FilterOverride.On();
      case CHECK_SETTINGS ->
          new FilterOverride.Authorization(
              m.getCheckSettings().getContextExtensionsMap(),
              m.getCheckSettings().getDisableRequestBodyBuffering(),
              Common.when(
                  m.getCheckSettings().hasWithRequestBody(),
                  () -> body(m.getCheckSettings().getWithRequestBody())));
      default ->
          throw new InvalidModelException(
              "a route's ext_authz settings must hold disabled or check_settings");
    };
  }

  static io.envoyproxy.envoy.extensions.filters.network.ext_authz.v3.ExtAuthz network(
      NetworkFilter.Authorization a) {
    var b =
        io.envoyproxy.envoy.extensions.filters.network.ext_authz.v3.ExtAuthz.newBuilder()
            .setStatPrefix(a.statPrefix())
            .setGrpcService(GrpcServiceCodec.encode(a.service()))
            .setFailureModeAllow(a.allowOnError())
            .setIncludePeerCertificate(a.peerCertificate())
            .setIncludeTlsSession(a.tlsSession())
            .setTransportApiVersion(ApiVersion.V3);
    a.when().ifPresent(m -> b.setFilterEnabledMetadata(Matches.metadata(m)));
    return b.build();
  }

  static NetworkFilter.Authorization network(
      io.envoyproxy.envoy.extensions.filters.network.ext_authz.v3.ExtAuthz m) {
    refuse(!m.getBootstrapMetadataLabelsKey().isEmpty(), "bootstrap_metadata_labels_key");
    return new NetworkFilter.Authorization(
        GrpcServiceCodec.decode(m.getGrpcService(), ExternalAuthorization.DEFAULT_TIMEOUT),
        m.getStatPrefix(),
        m.getFailureModeAllow(),
        m.getIncludePeerCertificate(),
        m.getIncludeTlsSession(),
        Common.when(
            m.hasFilterEnabledMetadata(), () -> Matches.metadata(m.getFilterEnabledMetadata())));
  }
}
