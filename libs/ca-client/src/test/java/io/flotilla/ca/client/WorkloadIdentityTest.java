// SPDX-License-Identifier: Apache-2.0
package io.flotilla.ca.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.identity.CertificateAuthority;
import io.flotilla.identity.CertificateSigningRequest;
import io.flotilla.identity.RotationSchedule;
import io.flotilla.identity.SpiffeId;
import io.flotilla.identity.Svid;
import io.flotilla.identity.TrustDomain;
import io.flotilla.model.tls.Secret;
import io.flotilla.testkit.clock.FakeClock;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WorkloadIdentityTest {
  private static final Duration DAY = Duration.ofHours(24);
  private static final SpiffeId REVIEWS =
      SpiffeId.of(TrustDomain.CLUSTER_LOCAL, "default", "reviews");

  private final FakeClock clock = new FakeClock(Instant.parse("2030-01-01T00:00:00Z"));
  private final Authority authority = new Authority(clock);
  private final WorkloadIdentity identity = identity(clock, authority);

  @Test
  void holdsAnIdentityForYearsWithoutAGap() {
    List<Svid> seen = new ArrayList<>();
    identity.listen(held -> seen.add(held.svid()));
    Instant end = clock.instant().plus(Duration.ofDays(3 * 365));

    Instant due = identity.step();
    while (due.isBefore(end)) {
      Instant expiry = identity.held().orElseThrow().svid().expiry();
      assertThat(due).isBefore(expiry.minus(Duration.ofHours(4)));
      clock.set(due);
      due = identity.step();
      assertThat(identity.state().ready()).isTrue();
    }

    Set<Object> keys = new HashSet<>();
    seen.forEach(svid -> keys.add(svid.key().publicKey()));
    assertThat(seen).hasSizeBetween(3 * 365, 3 * 365 * 2);
    assertThat(keys).hasSameSizeAs(seen);
    assertThat(authority.currents.getFirst()).isEmpty();
    assertThat(authority.currents.subList(1, authority.currents.size()))
        .allSatisfy(current -> assertThat(current).isPresent());
  }

  @Test
  void keepsItsIdentityWhileTheAuthorityIsAway() {
    Instant renewal = identity.step();
    authority.away = true;
    clock.set(renewal);

    Instant again = identity.step();

    assertThat(again).isBetween(renewal, renewal.plusSeconds(1));
    assertThat(identity.state().ready()).isTrue();
    assertThat(identity.state().lastError()).contains("The CA is away");

    authority.away = false;
    clock.set(again);
    identity.step();

    assertThat(identity.state().lastError()).isEmpty();
    assertThat(identity.held().orElseThrow().svid().expiry())
        .isBetween(again.plus(DAY).minusSeconds(1), again.plus(DAY));
  }

  @Test
  void asksWithGrowingPausesThatEnd() {
    authority.away = true;
    Instant started = clock.instant();
    int attempts = 0;

    while (clock.instant().isBefore(started.plus(Duration.ofHours(1)))) {
      Instant due = identity.step();
      assertThat(Duration.between(clock.instant(), due))
          .isLessThanOrEqualTo(Duration.ofSeconds(15));
      clock.set(due);
      attempts++;
    }

    assertThat(attempts).isBetween(240, 500);
    assertThat(identity.state()).isInstanceOf(IdentityState.Waiting.class);
    assertThat(identity.state().lastError()).contains("The CA is away");
  }

  @Test
  void saysWhenItExpiredAndRecovers() {
    identity.step();
    authority.away = true;
    clock.advance(DAY.plusSeconds(1));

    assertThat(identity.state()).isInstanceOf(IdentityState.Expired.class);
    clock.set(identity.step());
    assertThat(identity.state()).isInstanceOf(IdentityState.Expired.class);

    authority.away = false;
    identity.step();

    assertThat(identity.state().ready()).isTrue();
    assertThat(authority.currents.getLast()).isEmpty();
  }

  @Test
  void refusesACertificateOfSomebodyElse() {
    authority.answerAs = Optional.of(SpiffeId.of(TrustDomain.CLUSTER_LOCAL, "default", "other"));

    identity.step();

    assertThat(identity.state().ready()).isFalse();
    assertThat(identity.state().lastError().orElseThrow()).contains("in place of");
  }

  @Test
  void publishesTheSecretsThatProxiesName() {
    identity.step();

    List<Secret> secrets = identity.held().orElseThrow().secrets();

    assertThat(secrets).extracting(Secret::name).containsExactly("default", "ROOTCA");
    assertThat(((Secret.KeyPair) secrets.getFirst()).chainPem().split("BEGIN CERT")).hasSize(2);
    assertThat(((Secret.TrustBundle) secrets.getLast()).rootsPem())
        .isEqualTo(authority.ca.roots().pem());
  }

  @Test
  void aListenerThatFailsHarmsNobody() {
    List<HeldIdentity> seen = new ArrayList<>();
    identity.listen(
        held -> {
          throw new IllegalStateException("broken");
        });
    identity.listen(seen::add);

    identity.step();

    assertThat(seen).hasSize(1);
    assertThat(identity.state().ready()).isTrue();
  }

  @Test
  void worksOnItsOwnThread() throws Exception {
    Authority real = new Authority(Clock.systemUTC());
    try (WorkloadIdentity running = identity(Clock.systemUTC(), real)) {
      running.start();

      assertThat(running.await(Duration.ofSeconds(20))).isTrue();

      var second = new java.util.concurrent.CountDownLatch(2);
      running.listen(held -> second.countDown());
      running.renewNow();

      assertThat(second.await(20, java.util.concurrent.TimeUnit.SECONDS)).isTrue();
    }
  }

  private static WorkloadIdentity identity(Clock clock, Authority authority) {
    return new WorkloadIdentity(
        WorkloadIdentity.Request.of(REVIEWS, DAY),
        authority,
        authority.ca::roots,
        RotationSchedule.standard(new Random(1)),
        clock);
  }

  /** An authority in memory that can go away. */
  private static final class Authority implements CertificateSource {
    final CertificateAuthority ca;
    final List<Optional<Svid>> currents = new ArrayList<>();
    volatile boolean away;
    Optional<SpiffeId> answerAs = Optional.empty();

    Authority(Clock clock) {
      ca = CertificateAuthority.createRoot(TrustDomain.CLUSTER_LOCAL, Duration.ofDays(3650), clock);
    }

    @Override
    public List<X509Certificate> sign(String csrPem, Duration life, Optional<Svid> current) {
      if (away) {
        throw CaException.failed("The CA is away", new IllegalStateException());
      }
      currents.add(current);
      CertificateSigningRequest request = CertificateSigningRequest.parse(csrPem);
      return ca.sign(
          request.publicKey(),
          answerAs.orElseGet(() -> request.spiffeId().orElseThrow()),
          List.of(),
          life);
    }
  }
}
