// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.udpa.udpa.type.v1.TypedStruct;
import com.google.protobuf.Any;
import com.google.protobuf.Struct;
import com.google.protobuf.util.JsonFormat;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.match.Percentage;
import io.flotilla.model.policy.FilterOverride;
import io.flotilla.model.policy.LocalRateLimit;
import io.flotilla.model.policy.RateLimitRule.Entry;
import io.flotilla.model.policy.TokenBucket;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Settings of filters as EnvoyFilters write them. */
class TypedStructTest {
  private static final String TYPE =
      "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit";

  private static FilterOverride override(String json) throws Exception {
    Struct.Builder struct = Struct.newBuilder();
    JsonFormat.parser().merge(json, struct);
    Any config = Any.pack(TypedStruct.newBuilder().setTypeUrl(TYPE).setValue(struct).build());
    RouteConfiguration routes =
        RouteConfiguration.newBuilder()
            .setName("r")
            .addVirtualHosts(
                VirtualHost.newBuilder()
                    .setName("h")
                    .addDomains("*")
                    .putTypedPerFilterConfig(HttpFilter.LocalRate.NAME, config))
            .build();
    return ((io.flotilla.model.route.RouteConfiguration) Decoded.of("r", Any.pack(routes)))
        .virtualHosts()
        .getFirst()
        .filters()
        .get(HttpFilter.LocalRate.NAME);
  }

  @Test
  void readsALocalRateLimitAsIstiosDocumentationWritesIt() throws Exception {
    FilterOverride read =
        override(
            """
            {"stat_prefix": "http_local_rate_limiter",
             "token_bucket": {"max_tokens": 4, "tokensPerFill": 2, "fill_interval": "60.5s"},
             "filter_enabled": {"runtime_key": "k",
                                "default_value": {"numerator": 50, "denominator": "HUNDRED"}},
             "filter_enforced": {"default_value": {"numerator": 100}},
             "response_headers_to_add": [{"append_action": 2,
                                          "header": {"key": "x-a", "value": "v"}}],
             "descriptors": [{"entries": [{"key": "user", "value": "alice"}],
                              "token_bucket": {"max_tokens": "1", "fill_interval": "1s"}}],
             "always_consume_default_token_bucket": false}
            """);

    LocalRateLimit limit = ((FilterOverride.LocalRate) read).limit();
    assertThat(limit.bucket()).contains(new TokenBucket(4, 2, Duration.ofMillis(60_500)));
    assertThat(limit.enabled()).isEqualTo(Percentage.ofPercent(50));
    assertThat(limit.toClient()).containsExactly(new LocalRateLimit.Header("x-a", "v", false));
    assertThat(limit.limits())
        .containsExactly(
            new LocalRateLimit.Limit(
                List.of(new Entry("user", "alice")), new TokenBucket(1, 1, Duration.ofSeconds(1))));
    assertThat(limit.alwaysTakesOfBucket()).isFalse();
  }

  @Test
  void namesWhatItCannotRead() {
    assertThatThrownBy(() -> override("{\"stat_prefix\": \"s\", \"token_buckets\": {}}"))
        .hasMessageContaining("LocalRateLimit has no field 'token_buckets'");
    assertThatThrownBy(
            () -> override("{\"token_bucket\": {\"max_tokens\": 1, \"fill_interval\": \"1m\"}}"))
        .hasMessageContaining("'1m' is no duration");
    assertThatThrownBy(() -> override("{\"vh_rate_limits\": \"SOMETIMES\"}"))
        .hasMessageContaining("vh_rate_limits cannot be read");
  }
}
