// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec.internal;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.route.v3.FilterConfig;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimitPerRoute;
import io.flotilla.model.InvalidModelException;
import io.flotilla.model.policy.FilterOverride;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What filters do otherwise for routes and what is around them: typed_per_filter_config. */
final class OverrideCodec {
  private OverrideCodec() {}

  static Map<String, Any> encode(Map<String, FilterOverride> filters) {
    Map<String, Any> out = new TreeMap<>();
    filters.forEach(
        (name, override) ->
            out.put(
                name,
                switch (override) {
                  case FilterOverride.Off o ->
                      Any.pack(FilterConfig.newBuilder().setDisabled(true).build());
                  case FilterOverride.On o -> Any.pack(FilterConfig.newBuilder().build());
                  case FilterOverride.Rate r -> Any.pack(RateLimitCodec.encode(r));
                  case FilterOverride.LocalRate r -> Any.pack(RateLimitCodec.encode(r.limit()));
                  case FilterOverride.Authorization a -> Any.pack(AuthorizationCodec.encode(a));
                }));
    return out;
  }

  /** All of them; a filter that is left out might be the one that refuses requests. */
  static Map<String, FilterOverride> decode(String where, Map<String, Any> filters) {
    Map<String, FilterOverride> out = new LinkedHashMap<>();
    filters.forEach(
        (name, config) ->
            out.put(
                name,
                decode(config)
                    .orElseThrow(
                        () ->
                            new InvalidModelException(
                                where
                                    + " configures filter "
                                    + name
                                    + " by "
                                    + Common.typeName(config)
                                    + ", which is not supported"))));
    return out;
  }

  private static Optional<FilterOverride> decode(Any plain) {
    Any config = TypedStructs.unwrap(plain);
    return switch (Common.typeName(config)) {
      case "envoy.config.route.v3.FilterConfig" -> {
        FilterConfig wrapper = Common.unpack(config, FilterConfig.class);
        if (wrapper.getDisabled()) {
          yield Optional.of(new FilterOverride.Off());
        }
        yield wrapper.hasConfig()
            ? decode(wrapper.getConfig())
            : Optional.of(new FilterOverride.On());
      }
      case "envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute" ->
          Optional.of(AuthorizationCodec.decode(Common.unpack(config, ExtAuthzPerRoute.class)));
      case "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit" ->
          Optional.of(
              new FilterOverride.LocalRate(
                  RateLimitCodec.decode(Common.unpack(config, LocalRateLimit.class))));
      case "envoy.extensions.filters.http.ratelimit.v3.RateLimitPerRoute" ->
          Optional.of(RateLimitCodec.decode(Common.unpack(config, RateLimitPerRoute.class)));
      default -> Optional.empty();
    };
  }
}
