// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.util.JsonFormat;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.config.route.v3.RateLimit;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication;
import io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimitPerRoute;
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBACPerRoute;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What would let requests pass if it were left out is refused by its name. */
class PolicyRefusalTest {
  private static final String RBAC = "envoy.filters.http.rbac";
  private static final Any OFF = Any.pack(RBACPerRoute.getDefaultInstance());

  private static void refusesRoutes(RouteConfiguration.Builder routes, String where) {
    Any any = Any.pack(routes.setName("r").build());
    assertThatThrownBy(() -> Decoded.of("r", any))
        .hasMessageContaining(where + " configures filter " + RBAC)
        .hasMessageContaining("RBACPerRoute");
  }

  @Test
  void refusesFiltersOfARouteConfigurationByName() {
    refusesRoutes(
        RouteConfiguration.newBuilder().putTypedPerFilterConfig(RBAC, OFF),
        "route configuration r");
  }

  @Test
  void refusesRateLimitsThatItCannotCount() {
    for (RateLimit limit :
        List.of(
            RateLimit.newBuilder()
                .addActions(
                    RateLimit.Action.newBuilder()
                        .setSourceCluster(RateLimit.Action.SourceCluster.getDefaultInstance()))
                .build(),
            RateLimit.newBuilder().setDisableKey("off").build())) {
      VirtualHost host =
          VirtualHost.newBuilder().setName("h").addDomains("*").addRateLimits(limit).build();
      Any any =
          Any.pack(RouteConfiguration.newBuilder().setName("r").addVirtualHosts(host).build());

      assertThatThrownBy(() -> Decoded.of("r", any))
          .hasMessageContaining("a rate limit ")
          .hasMessageContaining("not supported");
    }
    Any override =
        Any.pack(
            RateLimitPerRoute.newBuilder()
                .setOverrideOption(RateLimitPerRoute.OverrideOptions.OVERRIDE_POLICY)
                .build());
    Any any =
        Any.pack(
            RouteConfiguration.newBuilder()
                .setName("r")
                .putTypedPerFilterConfig("envoy.filters.http.ratelimit", override)
                .build());
    assertThatThrownBy(() -> Decoded.of("r", any)).hasMessageContaining("OVERRIDE_POLICY");
  }

  @Test
  void refusesFiltersOfAVirtualHostByName() {
    VirtualHost host =
        VirtualHost.newBuilder()
            .setName("h")
            .addDomains("*")
            .putTypedPerFilterConfig(RBAC, OFF)
            .build();
    refusesRoutes(RouteConfiguration.newBuilder().addVirtualHosts(host), "virtual host h: it");
  }

  @Test
  void refusesFiltersOfAWeightedClusterByName() {
    VirtualHost.Builder host = VirtualHost.newBuilder().setName("h").addDomains("*");
    host.addRoutesBuilder()
        .setMatch(RouteMatch.newBuilder().setPrefix("/"))
        .getRouteBuilder()
        .setWeightedClusters(
            WeightedCluster.newBuilder()
                .addClusters(
                    WeightedCluster.ClusterWeight.newBuilder()
                        .setName("c")
                        .putTypedPerFilterConfig(RBAC, OFF)));
    refusesRoutes(RouteConfiguration.newBuilder().addVirtualHosts(host), "weighted cluster c");
  }

  private static Any listener(RouteMatch match) {
    JwtAuthentication.Builder jwt = JwtAuthentication.newBuilder();
    jwt.addRulesBuilder().setMatch(match);
    HttpConnectionManager.Builder http = HttpConnectionManager.newBuilder().setStatPrefix("s");
    http.getRouteConfigBuilder().setName("r");
    http.addHttpFilters(
        HttpFilter.newBuilder()
            .setName("envoy.filters.http.jwt_authn")
            .setTypedConfig(Any.pack(jwt.build())));
    http.addHttpFilters(
        HttpFilter.newBuilder()
            .setName("envoy.filters.http.router")
            .setTypedConfig(
                Any.pack(
                    io.envoyproxy.envoy.extensions.filters.http.router.v3.Router
                        .getDefaultInstance())));
    Listener.Builder listener = Listener.newBuilder().setName("l");
    listener.getAddressBuilder().getSocketAddressBuilder().setAddress("127.0.0.1").setPortValue(80);
    listener.addFilterChains(
        FilterChain.newBuilder()
            .addFilters(
                Filter.newBuilder()
                    .setName("envoy.filters.network.http_connection_manager")
                    .setTypedConfig(Any.pack(http.build()))));
    return Any.pack(listener.build());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"case_sensitive\": false",
        "\"grpc\": {}",
        "\"tls_context\": {\"presented\": true}",
        "\"runtime_fraction\": {\"default_value\": {\"numerator\": 1}}",
        "\"headers\": [{\"name\": \"x\", \"present_match\": true}]",
        "\"query_parameters\": [{\"name\": \"x\", \"present_match\": true}]",
        "\"dynamic_metadata\": [{\"filter\": \"x\", \"path\": [{\"key\": \"y\"}]}]",
        "\"filter_state\": [{\"key\": \"x\"}]"
      })
  void refusesRulesOfTokensThatMatchByMoreThanThePath(String field) throws Exception {
    RouteMatch.Builder match = RouteMatch.newBuilder();
    JsonFormat.parser().merge("{\"prefix\": \"/\", " + field + "}", match);
    String name = field.substring(1, field.indexOf('"', 1));

    assertThatThrownBy(() -> Decoded.of("l", listener(match.build())))
        .hasMessageContaining("a JWT rule that matches by " + name);
  }

  @Test
  void takesRulesOfTokensByThePathInItsCase() {
    RouteMatch match =
        RouteMatch.newBuilder().setPrefix("/").setCaseSensitive(BoolValue.of(true)).build();

    assertThatCode(() -> Decoded.of("l", listener(match))).doesNotThrowAnyException();
  }
}
