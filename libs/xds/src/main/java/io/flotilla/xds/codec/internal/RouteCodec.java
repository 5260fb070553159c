// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec.internal;

import com.google.protobuf.Any;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.config.route.v3.Decorator;
import io.envoyproxy.envoy.config.route.v3.NonForwardingAction;
import io.envoyproxy.envoy.config.route.v3.RedirectAction;
import io.envoyproxy.envoy.config.route.v3.RouteAction.ClusterNotFoundResponseCode;
import io.envoyproxy.envoy.config.route.v3.RouteAction.UpgradeConfig;
import io.envoyproxy.envoy.config.route.v3.VirtualHost.TlsRequirementType;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster;
import io.envoyproxy.envoy.extensions.filters.http.cors.v3.CorsPolicy;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatchAndSubstitute;
import io.flotilla.model.InvalidModelException;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.match.Percentage;
import io.flotilla.model.policy.Cors;
import io.flotilla.model.policy.Fault;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.HashPolicy;
import io.flotilla.model.route.HeaderEdits;
import io.flotilla.model.route.HostRewrite;
import io.flotilla.model.route.PathRewrite;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.model.route.Terms;
import io.flotilla.model.route.VirtualHost;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Route configurations. */
public final class RouteCodec {
  private static final String CONNECT = "CONNECT";

  private static final String FAULT = "envoy.filters.http.fault";
  private static final String CORS = "envoy.filters.http.cors";

  // What a virtual host that requires TLS does on a plaintext port.
  private static final Route TO_HTTPS =
      Route.of(
          "require-tls",
          RouteMatch.ANY,
          new RouteAction.Redirect(
              301,
              Optional.of("https"),
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              false));

  private RouteCodec() {}

  /** To the wire. */
  public static io.envoyproxy.envoy.config.route.v3.RouteConfiguration encode(
      RouteConfiguration config) {
    var b =
        io.envoyproxy.envoy.config.route.v3.RouteConfiguration.newBuilder()
            .setName(config.name())
            .setIgnorePortInHostMatching(config.ignorePortInHostMatching())
            .setValidateClusters(Common.bool(config.validateClusters()))
            .setMaxDirectResponseBodySizeBytes(UInt32Value.of(config.maxDirectResponseBytes()));
    config.headerEdits().requestAdd().forEach(e -> b.addRequestHeadersToAdd(edit(e)));
    b.addAllRequestHeadersToRemove(config.headerEdits().requestRemove());
    config.headerEdits().responseAdd().forEach(e -> b.addResponseHeadersToAdd(edit(e)));
    b.addAllResponseHeadersToRemove(config.headerEdits().responseRemove());
    b.putAllTypedPerFilterConfig(OverrideCodec.encode(config.filters()));
    config.virtualHosts().forEach(h -> b.addVirtualHosts(host(h)));
    return b.build();
  }

  /** From the wire. */
  public static RouteConfiguration decode(
      io.envoyproxy.envoy.config.route.v3.RouteConfiguration c) {
    return new RouteConfiguration(
        c.getName(),
        c.getVirtualHostsList().stream().map(RouteCodec::host).toList(),
        edits(
            c.getRequestHeadersToAddList(),
            c.getRequestHeadersToRemoveList(),
            c.getResponseHeadersToAddList(),
            c.getResponseHeadersToRemoveList()),
        c.getIgnorePortInHostMatching(),
        c.getValidateClusters().getValue(),
        c.hasMaxDirectResponseBodySizeBytes()
            ? c.getMaxDirectResponseBodySizeBytes().getValue()
            : RouteConfiguration.DEFAULT_MAX_DIRECT_RESPONSE_BYTES,
        OverrideCodec.decode("route configuration " + c.getName(), c.getTypedPerFilterConfigMap()));
  }

  private static io.envoyproxy.envoy.config.route.v3.VirtualHost host(VirtualHost host) {
    var b =
        io.envoyproxy.envoy.config.route.v3.VirtualHost.newBuilder()
            .setName(host.name())
            .addAllDomains(host.domains())
            .setIncludeRequestAttemptCount(host.includeRequestAttemptCount());
    host.headerEdits().requestAdd().forEach(e -> b.addRequestHeadersToAdd(edit(e)));
    b.addAllRequestHeadersToRemove(host.headerEdits().requestRemove());
    host.headerEdits().responseAdd().forEach(e -> b.addResponseHeadersToAdd(edit(e)));
    b.addAllResponseHeadersToRemove(host.headerEdits().responseRemove());
    host.retryPolicy().ifPresent(p -> b.setRetryPolicy(RetryCodec.encode(p)));
    b.putAllTypedPerFilterConfig(OverrideCodec.encode(host.filters()));
    host.rateLimits().forEach(r -> b.addRateLimits(RateLimitCodec.encode(r)));
    host.routes().forEach(r -> b.addRoutes(route(r)));
    return b.build();
  }

  private static VirtualHost host(io.envoyproxy.envoy.config.route.v3.VirtualHost h) {
    try {
      if (h.getHedgePolicy().getHedgeOnPerTryTimeout()) {
        throw new InvalidModelException(
            "a hedge_policy of a whole virtual host is not supported; give it to its routes");
      }
      return new VirtualHost(
          h.getName(),
          h.getDomainsList(),
          h.getRequireTls() == TlsRequirementType.NONE
              ? h.getRoutesList().stream().map(RouteCodec::route).toList()
              : List.of(TO_HTTPS),
          edits(
              h.getRequestHeadersToAddList(),
              h.getRequestHeadersToRemoveList(),
              h.getResponseHeadersToAddList(),
              h.getResponseHeadersToRemoveList()),
          Common.when(h.hasRetryPolicy(), () -> RetryCodec.decode(h.getRetryPolicy())),
          h.getIncludeRequestAttemptCount(),
          OverrideCodec.decode("it", h.getTypedPerFilterConfigMap()),
          RateLimitCodec.decode(h.getRateLimitsList()));
    } catch (InvalidModelException e) {
      throw new InvalidModelException("virtual host " + h.getName() + ": " + e.getMessage());
    }
  }

  private static ClusterChoice.WeightedCluster target(WeightedCluster.ClusterWeight c) {
    return new ClusterChoice.WeightedCluster(
        c.getName(),
        c.getWeight().getValue(),
        edits(
            c.getRequestHeadersToAddList(),
            c.getRequestHeadersToRemoveList(),
            c.getResponseHeadersToAddList(),
            c.getResponseHeadersToRemoveList()),
        OverrideCodec.decode("weighted cluster " + c.getName(), c.getTypedPerFilterConfigMap()),
        Common.balancing(c.getMetadataMatch()));
  }

  private static io.envoyproxy.envoy.config.route.v3.Route route(Route route) {
    var b =
        io.envoyproxy.envoy.config.route.v3.Route.newBuilder()
            .setName(route.name())
            .setMatch(match(route.match()));
    route.headerEdits().requestAdd().forEach(e -> b.addRequestHeadersToAdd(edit(e)));
    b.addAllRequestHeadersToRemove(route.headerEdits().requestRemove());
    route.headerEdits().responseAdd().forEach(e -> b.addResponseHeadersToAdd(edit(e)));
    b.addAllResponseHeadersToRemove(route.headerEdits().responseRemove());
    if (!route.tracingOperation().isEmpty()) {
      b.setDecorator(Decorator.newBuilder().setOperation(route.tracingOperation()));
    }
    if (!route.source().isEmpty()) {
      b.setMetadata(SourcePath.encode(route.source()));
    }
    b.putAllTypedPerFilterConfig(OverrideCodec.encode(route.filters()));
    route.fault().ifPresent(f -> b.putTypedPerFilterConfig(FAULT, Any.pack(fault(f))));
    route.cors().ifPresent(c -> b.putTypedPerFilterConfig(CORS, Any.pack(cors(c))));
    switch (route.action()) {
      case RouteAction.Forward f -> {
        b.setRoute(forward(f));
        route
            .rateLimits()
            .forEach(r -> b.getRouteBuilder().addRateLimits(RateLimitCodec.encode(r)));
      }
      case RouteAction.Redirect r -> b.setRedirect(redirect(r));
      case RouteAction.DirectResponse d -> {
        b.getDirectResponseBuilder().setStatus(d.status());
        if (!d.body().isEmpty()) {
          b.getDirectResponseBuilder().setBody(DataSource.newBuilder().setInlineString(d.body()));
        }
      }
      case RouteAction.NonForwarding n ->
          b.setNonForwardingAction(NonForwardingAction.getDefaultInstance());
    }
    return b.build();
  }

  private static Route route(io.envoyproxy.envoy.config.route.v3.Route r) {
    Optional<Fault> fault = Optional.empty();
    Optional<Cors> cors = Optional.empty();
    Map<String, Any> others = new LinkedHashMap<>();
    for (var each : r.getTypedPerFilterConfigMap().entrySet()) {
      String type = Common.typeName(each.getValue());
      if (type.endsWith("HTTPFault")) {
        fault = Optional.of(fault(Common.unpack(each.getValue(), HTTPFault.class)));
      } else if (type.endsWith("CorsPolicy")) {
        cors = Optional.of(cors(Common.unpack(each.getValue(), CorsPolicy.class)));
      } else {
        others.put(each.getKey(), each.getValue());
      }
    }
    RouteAction action =
        switch (r.getActionCase()) {
          case ROUTE -> forward(r.getRoute());
          case REDIRECT -> redirect(r.getRedirect());
          case DIRECT_RESPONSE ->
              new RouteAction.DirectResponse(
                  r.getDirectResponse().getStatus(),
                  r.getDirectResponse().getBody().hasInlineBytes()
                      ? r.getDirectResponse().getBody().getInlineBytes().toStringUtf8()
                      : r.getDirectResponse().getBody().getInlineString());
          case NON_FORWARDING_ACTION -> new RouteAction.NonForwarding();
          default ->
              throw new InvalidModelException(
                  "route "
                      + r.getName()
                      + " has the action "
                      + r.getActionCase()
                      + ", which is not supported");
        };
    return new Route(
        r.getName(),
        match(r.getMatch()),
        action,
        edits(
            r.getRequestHeadersToAddList(),
            r.getRequestHeadersToRemoveList(),
            r.getResponseHeadersToAddList(),
            r.getResponseHeadersToRemoveList()),
        fault,
        cors,
        r.getDecorator().getOperation(),
        SourcePath.decode(r.getMetadata()),
        OverrideCodec.decode("route " + r.getName(), others),
        RateLimitCodec.decode(r.getRoute().getRateLimitsList()));
  }

  private static io.envoyproxy.envoy.config.route.v3.RouteMatch match(RouteMatch match) {
    var b = io.envoyproxy.envoy.config.route.v3.RouteMatch.newBuilder();
    switch (match.path()) {
      case PathMatch.Prefix p -> b.setPrefix(p.value());
      case PathMatch.Exact p -> b.setPath(p.value());
      case PathMatch.Regex p -> b.setSafeRegex(Matches.regex(p.regex()));
      case PathMatch.PathSeparatedPrefix p -> b.setPathSeparatedPrefix(p.value());
      case PathMatch.Connect p ->
          b.setConnectMatcher(
              io.envoyproxy.envoy.config.route.v3.RouteMatch.ConnectMatcher.getDefaultInstance());
    }
    b.setCaseSensitive(Common.bool(match.caseSensitive()));
    match.headers().forEach(h -> b.addHeaders(Matches.header(h)));
    match.queryParameters().forEach(q -> b.addQueryParameters(Matches.query(q)));
    match
        .runtimeFraction()
        .ifPresent(
            f ->
                b.setRuntimeFraction(
                    RuntimeFractionalPercent.newBuilder().setDefaultValue(Common.percent(f))));
    if (match.grpc()) {
      b.setGrpc(
          io.envoyproxy.envoy.config.route.v3.RouteMatch.GrpcRouteMatchOptions
              .getDefaultInstance());
    }
    return b.build();
  }

  private static RouteMatch match(io.envoyproxy.envoy.config.route.v3.RouteMatch m) {
    PathMatch path =
        switch (m.getPathSpecifierCase()) {
          case PREFIX -> new PathMatch.Prefix(m.getPrefix());
          case PATH -> new PathMatch.Exact(m.getPath());
          case SAFE_REGEX -> new PathMatch.Regex(m.getSafeRegex().getRegex());
          case PATH_SEPARATED_PREFIX ->
              new PathMatch.PathSeparatedPrefix(m.getPathSeparatedPrefix());
          case CONNECT_MATCHER -> new PathMatch.Connect();
          default ->
              throw new InvalidModelException(
                  "a route matches the path by "
                      + m.getPathSpecifierCase()
                      + ", which is not supported");
        };
    return new RouteMatch(
        path,
        !m.hasCaseSensitive() || m.getCaseSensitive().getValue(),
        m.getHeadersList().stream().map(Matches::header).toList(),
        m.getQueryParametersList().stream().map(Matches::query).toList(),
        Common.when(
            m.hasRuntimeFraction(), () -> Common.percent(m.getRuntimeFraction().getDefaultValue())),
        m.hasGrpc());
  }

  private static io.envoyproxy.envoy.config.route.v3.RouteAction forward(RouteAction.Forward f) {
    var b = io.envoyproxy.envoy.config.route.v3.RouteAction.newBuilder();
    switch (f.cluster()) {
      case ClusterChoice.Single s -> b.setCluster(s.name());
      case ClusterChoice.FromHeader h -> b.setClusterHeader(h.header());
      case ClusterChoice.Weighted w -> b.setWeightedClusters(weighted(w));
    }
    f.timeout().ifPresent(t -> b.setTimeout(Common.duration(t)));
    f.idleTimeout().ifPresent(t -> b.setIdleTimeout(Common.duration(t)));
    f.maxGrpcTimeout().ifPresent(t -> maxGrpcTimeout(f, t, b));
    f.retryPolicy().ifPresent(p -> b.setRetryPolicy(RetryCodec.encode(p)));
    f.pathRewrite()
        .ifPresent(
            rewrite -> {
              switch (rewrite) {
                case PathRewrite.ReplacePrefix p -> b.setPrefixRewrite(p.value());
                case PathRewrite.ReplaceFull p ->
                    b.setRegexRewrite(regexRewrite("^/[^?]*", p.value()));
                case PathRewrite.ReplaceRegex p ->
                    b.setRegexRewrite(regexRewrite(p.regex(), p.substitution()));
              }
            });
    switch (f.hostRewrite()) {
      case HostRewrite.Keep k -> {}
      case HostRewrite.Literal l -> b.setHostRewriteLiteral(l.host());
      case HostRewrite.Auto a -> b.setAutoHostRewrite(Common.bool(true));
    }
    f.hashPolicies().forEach(h -> b.addHashPolicy(hash(h)));
    for (RouteAction.Mirror mirror : f.mirrors()) {
      b.addRequestMirrorPolicies(
          io.envoyproxy.envoy.config.route.v3.RouteAction.RequestMirrorPolicy.newBuilder()
              .setCluster(mirror.cluster())
              .setDisableShadowHostSuffixAppend(!mirror.marked())
              .setRuntimeFraction(
                  RuntimeFractionalPercent.newBuilder()
                      .setDefaultValue(Common.percent(mirror.fraction()))));
    }
    f.upgrades().forEach(u -> b.addUpgradeConfigs(upgrade(u)));
    switch (f.terms().missingClusterStatus()) {
      case 404 -> b.setClusterNotFoundResponseCode(ClusterNotFoundResponseCode.NOT_FOUND);
      case 500 ->
          b.setClusterNotFoundResponseCode(ClusterNotFoundResponseCode.INTERNAL_SERVER_ERROR);
      default -> {}
    }
    if (f.terms().highPriority()) {
      b.setPriority(RoutingPriority.HIGH);
    }
    if (f.terms().hedgeOnTimeout()) {
      b.getHedgePolicyBuilder().setHedgeOnPerTryTimeout(true);
    }
    if (!f.terms().subset().isEmpty()) {
      b.setMetadataMatch(Common.balancing(f.terms().subset()));
    }
    return b.build();
  }

  private static RegexMatchAndSubstitute regexRewrite(String regex, String substitution) {
    return RegexMatchAndSubstitute.newBuilder()
        .setPattern(Matches.regex(regex))
        .setSubstitution(substitution)
        .build();
  }

  private static WeightedCluster weighted(ClusterChoice.Weighted w) {
    WeightedCluster.Builder b = WeightedCluster.newBuilder();
    for (ClusterChoice.WeightedCluster t : w.targets()) {
      WeightedCluster.ClusterWeight.Builder c =
          WeightedCluster.ClusterWeight.newBuilder()
              .setName(t.name())
              .setWeight(UInt32Value.of(t.weight()))
              .addAllRequestHeadersToRemove(t.headerEdits().requestRemove())
              .addAllResponseHeadersToRemove(t.headerEdits().responseRemove())
              .putAllTypedPerFilterConfig(OverrideCodec.encode(t.filters()));
      if (!t.subset().isEmpty()) {
        c.setMetadataMatch(Common.balancing(t.subset()));
      }
      t.headerEdits().requestAdd().forEach(e -> c.addRequestHeadersToAdd(edit(e)));
      t.headerEdits().responseAdd().forEach(e -> c.addResponseHeadersToAdd(edit(e)));
      b.addClusters(c);
    }
    return b.build();
  }

  private static RouteAction.Forward forward(io.envoyproxy.envoy.config.route.v3.RouteAction r) {
    ClusterChoice choice =
        switch (r.getClusterSpecifierCase()) {
          case CLUSTER -> new ClusterChoice.Single(r.getCluster());
          case CLUSTER_HEADER -> new ClusterChoice.FromHeader(r.getClusterHeader());
          case WEIGHTED_CLUSTERS ->
              new ClusterChoice.Weighted(
                  r.getWeightedClusters().getClustersList().stream()
                      .map(RouteCodec::target)
                      .toList());
          default ->
              throw new InvalidModelException(
                  "a route names its cluster by "
                      + r.getClusterSpecifierCase()
                      + ", which is not supported");
        };
    HostRewrite host =
        switch (r.getHostRewriteSpecifierCase()) {
          case HOST_REWRITE_LITERAL -> new HostRewrite.Literal(r.getHostRewriteLiteral());
          case AUTO_HOST_REWRITE ->
              r.getAutoHostRewrite().getValue() ? new HostRewrite.Auto() : new HostRewrite.Keep();
          case HOSTREWRITESPECIFIER_NOT_SET -> new HostRewrite.Keep();
          default ->
              throw new InvalidModelException(
                  "a route rewrites the host by "
                      + r.getHostRewriteSpecifierCase()
                      + ", which is not supported");
        };
    Optional<PathRewrite> path = Optional.empty();
    if (!r.getPrefixRewrite().isEmpty()) {
      path = Optional.of(new PathRewrite.ReplacePrefix(r.getPrefixRewrite()));
    } else if (r.hasRegexRewrite()) {
      String regex = r.getRegexRewrite().getPattern().getRegex();
      path =
          Optional.of(
              regex.equals("^/[^?]*")
                  ? new PathRewrite.ReplaceFull(r.getRegexRewrite().getSubstitution())
                  : new PathRewrite.ReplaceRegex(regex, r.getRegexRewrite().getSubstitution()));
    }
    return new RouteAction.Forward(
        choice,
        Common.when(r.hasTimeout(), () -> Common.duration(r.getTimeout())),
        Common.when(r.hasIdleTimeout(), () -> Common.duration(r.getIdleTimeout())),
        grpcTimeout(r),
        Common.when(r.hasRetryPolicy(), () -> RetryCodec.decode(r.getRetryPolicy())),
        path,
        host,
        r.getHashPolicyList().stream().map(RouteCodec::hash).toList(),
        r.getRequestMirrorPoliciesList().stream()
            .map(
                m ->
                    new RouteAction.Mirror(
                        m.getCluster(),
                        m.hasRuntimeFraction()
                            ? Common.percent(m.getRuntimeFraction().getDefaultValue())
                            : Percentage.ALL,
                        !m.getDisableShadowHostSuffixAppend()))
            .toList(),
        r.getUpgradeConfigsList().stream().map(RouteCodec::upgrade).toList(),
        new Terms(
            r.getPriority() == RoutingPriority.HIGH,
            Common.balancing(r.getMetadataMatch()),
            r.getHedgePolicy().getHedgeOnPerTryTimeout(),
            switch (r.getClusterNotFoundResponseCode()) {
              case NOT_FOUND -> 404;
              case INTERNAL_SERVER_ERROR -> 500;
              default -> 503;
            }));
  }

  private static UpgradeConfig upgrade(String type) {
    UpgradeConfig.Builder b = UpgradeConfig.newBuilder();
    return type.equals(RouteAction.Forward.CONNECT)
        ? b.setUpgradeType(CONNECT)
            .setConnectConfig(UpgradeConfig.ConnectConfig.getDefaultInstance())
            .build()
        : b.setUpgradeType(type).build();
  }

  private static String upgrade(UpgradeConfig config) {
    if (!config.getUpgradeType().equalsIgnoreCase(CONNECT)) {
      return config.getUpgradeType();
    }
    if (!config.hasConnectConfig()
        || config.getConnectConfig().hasProxyProtocolConfig()
        || config.getConnectConfig().getAllowPost()) {
      throw new InvalidModelException(
          "a route hands CONNECT on to its cluster, by a PROXY header or by POST; give its upgrade"
              + " an empty connect_config, so that it ends here");
    }
    return RouteAction.Forward.CONNECT;
  }

  // The newer field puts the route's own time-out out of force and is no time-out of the exchange
  // itself, so that it can stand only where there is no other limit.
  @SuppressWarnings("deprecation")
  private static void maxGrpcTimeout(
      RouteAction.Forward f,
      Duration bound,
      io.envoyproxy.envoy.config.route.v3.RouteAction.Builder b) {
    if (bound.isZero() && f.timeout().filter(Duration::isZero).isPresent()) {
      b.getMaxStreamDurationBuilder().setGrpcTimeoutHeaderMax(Common.duration(bound));
    } else {
      b.setMaxGrpcTimeout(Common.duration(bound));
    }
  }

  // istiod says it by the older field on the way out and by the newer one on the way in.
  @SuppressWarnings("deprecation")
  private static Optional<Duration> grpcTimeout(io.envoyproxy.envoy.config.route.v3.RouteAction r) {
    return r.getMaxStreamDuration().hasGrpcTimeoutHeaderMax()
        ? Optional.of(Common.duration(r.getMaxStreamDuration().getGrpcTimeoutHeaderMax()))
        : Common.when(r.hasMaxGrpcTimeout(), () -> Common.duration(r.getMaxGrpcTimeout()));
  }

  private static RedirectAction redirect(RouteAction.Redirect r) {
    RedirectAction.Builder b =
        RedirectAction.newBuilder()
            .setStripQuery(r.stripQuery())
            .setResponseCode(
                switch (r.status()) {
                  case 302 -> RedirectAction.RedirectResponseCode.FOUND;
                  case 303 -> RedirectAction.RedirectResponseCode.SEE_OTHER;
                  case 307 -> RedirectAction.RedirectResponseCode.TEMPORARY_REDIRECT;
                  case 308 -> RedirectAction.RedirectResponseCode.PERMANENT_REDIRECT;
                  default -> RedirectAction.RedirectResponseCode.MOVED_PERMANENTLY;
                });
    r.scheme().ifPresent(b::setSchemeRedirect);
    r.host().ifPresent(b::setHostRedirect);
    r.port().ifPresent(b::setPortRedirect);
    r.path()
        .ifPresent(
            p -> {
              switch (p) {
                case PathRewrite.ReplaceFull f -> b.setPathRedirect(f.value());
                case PathRewrite.ReplacePrefix f -> b.setPrefixRewrite(f.value());
                case PathRewrite.ReplaceRegex f ->
                    b.setRegexRewrite(regexRewrite(f.regex(), f.substitution()));
              }
            });
    return b.build();
  }

  private static RouteAction.Redirect redirect(RedirectAction r) {
    int status =
        switch (r.getResponseCode()) {
          case FOUND -> 302;
          case SEE_OTHER -> 303;
          case TEMPORARY_REDIRECT -> 307;
          case PERMANENT_REDIRECT -> 308;
          default -> 301;
        };
    Optional<PathRewrite> path =
        switch (r.getPathRewriteSpecifierCase()) {
          case PATH_REDIRECT -> Optional.of(new PathRewrite.ReplaceFull(r.getPathRedirect()));
          case PREFIX_REWRITE -> Optional.of(new PathRewrite.ReplacePrefix(r.getPrefixRewrite()));
          case REGEX_REWRITE ->
              Optional.of(
                  new PathRewrite.ReplaceRegex(
                      r.getRegexRewrite().getPattern().getRegex(),
                      r.getRegexRewrite().getSubstitution()));
          default -> Optional.empty();
        };
    Optional<String> scheme =
        r.getHttpsRedirect()
            ? Optional.of("https")
            : Optional.of(r.getSchemeRedirect()).filter(s -> !s.isEmpty());
    return new RouteAction.Redirect(
        status,
        scheme,
        Optional.of(r.getHostRedirect()).filter(s -> !s.isEmpty()),
        Optional.of(r.getPortRedirect()).filter(p -> p != 0),
        path,
        r.getStripQuery());
  }

  private static io.envoyproxy.envoy.config.route.v3.RouteAction.HashPolicy hash(HashPolicy p) {
    var b =
        io.envoyproxy.envoy.config.route.v3.RouteAction.HashPolicy.newBuilder()
            .setTerminal(p.terminal());
    switch (p) {
      case HashPolicy.Header h -> b.getHeaderBuilder().setHeaderName(h.name());
      case HashPolicy.Cookie c -> {
        b.getCookieBuilder().setName(c.name()).setPath(c.path());
        c.ttl().ifPresent(t -> b.getCookieBuilder().setTtl(Common.duration(t)));
      }
      case HashPolicy.SourceAddress s -> b.getConnectionPropertiesBuilder().setSourceIp(true);
      case HashPolicy.QueryParameter q -> b.getQueryParameterBuilder().setName(q.name());
    }
    return b.build();
  }

  private static HashPolicy hash(io.envoyproxy.envoy.config.route.v3.RouteAction.HashPolicy p) {
    return switch (p.getPolicySpecifierCase()) {
      case HEADER -> new HashPolicy.Header(p.getHeader().getHeaderName(), p.getTerminal());
      case COOKIE ->
          new HashPolicy.Cookie(
              p.getCookie().getName(),
              Common.when(p.getCookie().hasTtl(), () -> Common.duration(p.getCookie().getTtl())),
              p.getCookie().getPath(),
              p.getTerminal());
      case CONNECTION_PROPERTIES -> new HashPolicy.SourceAddress(p.getTerminal());
      case QUERY_PARAMETER ->
          new HashPolicy.QueryParameter(p.getQueryParameter().getName(), p.getTerminal());
      default ->
          throw new InvalidModelException(
              "a hash policy of kind " + p.getPolicySpecifierCase() + " is not supported");
    };
  }

  static HTTPFault fault(Fault fault) {
    HTTPFault.Builder b = HTTPFault.newBuilder();
    fault
        .delay()
        .ifPresent(
            d ->
                b.getDelayBuilder()
                    .setFixedDelay(Common.duration(d.duration()))
                    .setPercentage(Common.percent(d.share())));
    fault
        .abort()
        .ifPresent(
            a -> {
              b.getAbortBuilder().setPercentage(Common.percent(a.share()));
              if (a.grpcStatus().isPresent()) {
                b.getAbortBuilder().setGrpcStatus(a.grpcStatus().get());
              } else {
                b.getAbortBuilder().setHttpStatus(a.httpStatus());
              }
            });
    return b.build();
  }

  static Fault fault(HTTPFault f) {
    return new Fault(
        Common.when(
            f.hasDelay(),
            () ->
                new Fault.Delay(
                    Common.duration(f.getDelay().getFixedDelay()),
                    Common.percent(f.getDelay().getPercentage()))),
        Common.when(
            f.hasAbort(),
            () ->
                new Fault.Abort(
                    f.getAbort().hasGrpcStatus() ? 200 : f.getAbort().getHttpStatus(),
                    Common.when(f.getAbort().hasGrpcStatus(), () -> f.getAbort().getGrpcStatus()),
                    Common.percent(f.getAbort().getPercentage()))));
  }

  private static CorsPolicy cors(Cors cors) {
    CorsPolicy.Builder b =
        CorsPolicy.newBuilder()
            .setAllowMethods(String.join(",", cors.allowMethods()))
            .setAllowHeaders(String.join(",", cors.allowHeaders()))
            .setExposeHeaders(String.join(",", cors.exposeHeaders()))
            .setForwardNotMatchingPreflights(Common.bool(cors.forwardNotMatchingPreflights()));
    cors.allowOrigins().forEach(o -> b.addAllowOriginStringMatch(Matches.string(o)));
    cors.maxAge().ifPresent(a -> b.setMaxAge(Long.toString(a.toSeconds())));
    cors.allowCredentials().ifPresent(c -> b.setAllowCredentials(Common.bool(c)));
    return b.build();
  }

  private static Cors cors(CorsPolicy c) {
    return new Cors(
        c.getAllowOriginStringMatchList().stream().map(Matches::string).toList(),
        words(c.getAllowMethods()),
        words(c.getAllowHeaders()),
        words(c.getExposeHeaders()),
        Common.when(
            !c.getMaxAge().isEmpty(), () -> Duration.ofSeconds(Long.parseLong(c.getMaxAge()))),
        Common.when(c.hasAllowCredentials(), () -> c.getAllowCredentials().getValue()),
        !c.hasForwardNotMatchingPreflights() || c.getForwardNotMatchingPreflights().getValue());
  }

  private static List<String> words(String text) {
    List<String> out = new ArrayList<>();
    for (String word : text.split(",")) {
      if (!word.isBlank()) {
        out.add(word.strip());
      }
    }
    return out;
  }

  private static HeaderValueOption edit(HeaderEdits.Edit edit) {
    return HeaderValueOption.newBuilder()
        .setHeader(HeaderValue.newBuilder().setKey(edit.name()).setValue(edit.value()))
        .setAppendAction(
            switch (edit.mode()) {
              case APPEND -> HeaderValueOption.HeaderAppendAction.APPEND_IF_EXISTS_OR_ADD;
              case ADD_IF_ABSENT -> HeaderValueOption.HeaderAppendAction.ADD_IF_ABSENT;
              case OVERWRITE -> HeaderValueOption.HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD;
              case OVERWRITE_IF_PRESENT -> HeaderValueOption.HeaderAppendAction.OVERWRITE_IF_EXISTS;
            })
        .build();
  }

  private static HeaderEdits edits(
      List<HeaderValueOption> requestAdd,
      List<String> requestRemove,
      List<HeaderValueOption> responseAdd,
      List<String> responseRemove) {
    if (requestAdd.isEmpty()
        && requestRemove.isEmpty()
        && responseAdd.isEmpty()
        && responseRemove.isEmpty()) {
      return HeaderEdits.NONE;
    }
    return new HeaderEdits(
        requestAdd.stream().map(RouteCodec::edit).toList(),
        List.copyOf(requestRemove),
        responseAdd.stream().map(RouteCodec::edit).toList(),
        List.copyOf(responseRemove));
  }

  @SuppressWarnings("deprecation")
  private static HeaderEdits.Edit edit(HeaderValueOption o) {
    HeaderEdits.Mode mode =
        o.hasAppend() && !o.getAppend().getValue()
            ? HeaderEdits.Mode.OVERWRITE
            : switch (o.getAppendAction()) {
              case ADD_IF_ABSENT -> HeaderEdits.Mode.ADD_IF_ABSENT;
              case OVERWRITE_IF_EXISTS_OR_ADD -> HeaderEdits.Mode.OVERWRITE;
              case OVERWRITE_IF_EXISTS -> HeaderEdits.Mode.OVERWRITE_IF_PRESENT;
              default -> HeaderEdits.Mode.APPEND;
            };
    return new HeaderEdits.Edit(o.getHeader().getKey(), o.getHeader().getValue(), mode);
  }
}
