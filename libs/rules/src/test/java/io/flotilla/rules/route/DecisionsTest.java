// SPDX-License-Identifier: Apache-2.0
package io.flotilla.rules.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.model.match.StringMatch;
import io.flotilla.model.policy.Cors;
import io.flotilla.model.route.RetryPolicy;
import io.flotilla.model.route.RetryPolicy.Condition;
import io.flotilla.rules.Paths;
import io.flotilla.rules.route.Retry.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DecisionsTest {
  private static RetryPolicy policy(Condition... conditions) {
    return new RetryPolicy(
        Set.of(conditions),
        Set.of(418),
        2,
        Optional.empty(),
        Duration.ofMillis(25),
        Duration.ofMillis(250),
        true,
        3);
  }

  private static boolean retried(Condition condition, Outcome outcome) {
    return Retry.wanted(policy(condition), outcome);
  }

  @Test
  void retriesOnlyWhatThePolicyNames() {
    Outcome answer503 = new Outcome.Answered(503, -1);

    assertThat(retried(Condition.CONNECT_FAILURE, new Outcome.NotConnected())).isTrue();
    assertThat(retried(Condition.CONNECT_FAILURE, new Outcome.Reset(true))).isFalse();
    assertThat(retried(Condition.CONNECT_FAILURE, answer503)).isFalse();
    assertThat(retried(Condition.GATEWAY_ERROR, answer503)).isTrue();
    assertThat(retried(Condition.GATEWAY_ERROR, new Outcome.Answered(500, -1))).isFalse();
    assertThat(retried(Condition.FIVE_XX, new Outcome.TimedOut())).isTrue();
    assertThat(retried(Condition.REFUSED_STREAM, new Outcome.Refused())).isTrue();
    assertThat(retried(Condition.RESET_BEFORE_REQUEST, new Outcome.Reset(false))).isTrue();
    assertThat(retried(Condition.RETRIABLE_STATUS_CODES, new Outcome.Answered(418, -1))).isTrue();
    assertThat(retried(Condition.GRPC_UNAVAILABLE, new Outcome.Answered(200, 14))).isTrue();
  }

  @Test
  void answersPreflightsOfAllowedOrigins() {
    CorsRule rule =
        new CorsRule(
            new Cors(
                List.of(StringMatch.exact("https://a.example")),
                List.of("GET", "PUT"),
                List.of("x-a"),
                List.of("x-b"),
                Optional.of(Duration.ofHours(1)),
                Optional.of(true),
                false));
    TestRequest plain = TestRequest.get("h", "/").with("origin", "https://a.example");

    assertThat(rule.decide(plain.method("OPTIONS").with("access-control-request-method", "PUT")))
        .isInstanceOfSatisfying(
            CorsRule.Decision.Preflight.class,
            p ->
                assertThat(p.headers())
                    .containsEntry("access-control-allow-methods", "GET,PUT")
                    .containsEntry("access-control-max-age", "3600"));
    assertThat(rule.decide(plain))
        .isInstanceOfSatisfying(
            CorsRule.Decision.Decorate.class,
            d -> assertThat(d.headers()).containsEntry("access-control-expose-headers", "x-b"));
    assertThat(rule.decide(TestRequest.get("h", "/").with("origin", "https://evil.example")))
        .isInstanceOf(CorsRule.Decision.Ignore.class);
  }

  @Test
  void normalizesPathsAndRefusesThoseThatLeaveTheRoot() {
    assertThat(Paths.normalize("/a/./b/../c?x=/../")).contains("/a/c?x=/../");
    assertThat(Paths.normalize("/a/%2e%2E/b")).contains("/b");
    assertThat(Paths.normalize("/a%2Fb")).contains("/a%2Fb");
    assertThat(Paths.normalize("/../etc")).isEmpty();
    assertThat(Paths.normalize("/a%zz")).isEmpty();
    assertThat(Paths.mergeSlashes("/a//b?c//d")).isEqualTo("/a/b?c//d");
  }

  @Test
  void readsGrpcTimeouts() {
    assertThat(GrpcTimeout.parse("250m")).contains(Duration.ofMillis(250));
    assertThat(GrpcTimeout.parse("1S")).contains(Duration.ofSeconds(1));
    assertThat(GrpcTimeout.parse("x")).isEmpty();
    assertThat(GrpcTimeout.parse("123456789S")).isEmpty();
  }
}
