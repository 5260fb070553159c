// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel.policy;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.citadel.Refusal;
import io.flotilla.identity.SpiffeId;
import io.flotilla.identity.TrustDomain;
import io.flotilla.testkit.clock.FakeClock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RateLimitTest {
  private static final SpiffeId ONE = SpiffeId.of(TrustDomain.CLUSTER_LOCAL, "a", "one");
  private static final SpiffeId OTHER = SpiffeId.of(TrustDomain.CLUSTER_LOCAL, "a", "other");

  private final FakeClock clock = new FakeClock(Instant.parse("2030-01-01T00:00:00Z"));
  private final RateLimit limit = new RateLimit(10, 3, clock);

  @Test
  void limitsEachIdentityOnItsOwn() {
    for (int i = 0; i < 3; i++) {
      limit.admit(ONE);
    }

    assertThatThrownBy(() -> limit.admit(ONE)).isInstanceOf(Refusal.class);
    limit.admit(OTHER);
  }

  @Test
  void refillsWithTime() {
    for (int i = 0; i < 3; i++) {
      limit.admit(ONE);
    }
    clock.advance(Duration.ofSeconds(21));

    limit.admit(ONE);
    assertThatThrownBy(() -> limit.admit(ONE)).isInstanceOf(Refusal.class);
  }

  @Test
  void limitsAllTogether() {
    for (int i = 0; i < 10; i++) {
      limit.admit();
    }

    assertThatThrownBy(limit::admit).hasMessageContaining("10 requests a second");
    clock.advance(Duration.ofMillis(101));
    limit.admit();
  }

  @Test
  void survivesAClockThatIsSetBack() {
    limit.admit(ONE);
    clock.advance(Duration.ofHours(-5));
    limit.admit(ONE);
    limit.admit(ONE);
    clock.advance(Duration.ofSeconds(61));

    limit.admit(ONE);
  }

  @Test
  void remembersABoundedNumber() {
    for (int i = 0; i < 20_000; i++) {
      limit.admit(SpiffeId.of(TrustDomain.CLUSTER_LOCAL, "a", "sa-" + i));
    }
    limit.admit(SpiffeId.of(TrustDomain.CLUSTER_LOCAL, "a", "sa-0"));
  }
}
