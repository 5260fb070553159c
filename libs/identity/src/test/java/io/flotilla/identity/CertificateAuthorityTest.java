// SPDX-License-Identifier: Apache-2.0
package io.flotilla.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.testkit.clock.FakeClock;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CertificateAuthorityTest {
  private static final Duration TEN_YEARS = Duration.ofDays(3650);
  private static final SpiffeId REVIEWS =
      SpiffeId.of(TrustDomain.CLUSTER_LOCAL, "default", "reviews");

  private final FakeClock clock = new FakeClock(Instant.parse("2030-01-01T00:00:00Z"));
  private final CertificateAuthority authority =
      CertificateAuthority.createRoot(TrustDomain.CLUSTER_LOCAL, TEN_YEARS, clock);

  @Test
  void signsWhatTheSpecificationAsksFor() throws Exception {
    List<X509Certificate> chain =
        authority.sign(KeyMaterial.p256().publicKey(), REVIEWS, List.of(), Duration.ofHours(24));

    X509Certificate leaf = chain.getFirst();
    assertThat(chain).hasSize(2);
    assertThat(chain.getLast()).isEqualTo(authority.roots().roots().getFirst());
    assertThat(SpiffeId.of(leaf)).isEqualTo(REVIEWS);
    assertThat(leaf.getSubjectAlternativeNames()).hasSize(1);
    assertThat(leaf.getBasicConstraints()).isEqualTo(-1);
    assertThat(leaf.getKeyUsage()).startsWith(true, false, false, false, false, false, false);
    assertThat(leaf.getExtendedKeyUsage())
        .containsExactly("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2");
    assertThat(leaf.getCriticalExtensionOIDs()).contains("2.5.29.17", "2.5.29.15", "2.5.29.19");
    assertThat(leaf.getNotBefore().toInstant()).isEqualTo("2029-12-31T23:58:00Z");
    assertThat(leaf.getNotAfter().toInstant()).isEqualTo("2030-01-02T00:00:00Z");
    assertThat(authority.roots().verify(chain, clock.instant())).isEqualTo(REVIEWS);
  }

  @Test
  void neverRepeatsASerial() {
    KeyMaterial key = KeyMaterial.p256();
    Set<Object> serials = new HashSet<>();

    for (int i = 0; i < 200; i++) {
      X509Certificate leaf =
          authority.sign(key.publicKey(), REVIEWS, List.of(), Duration.ofHours(1)).getFirst();
      assertThat(leaf.getSerialNumber()).isPositive();
      assertThat(leaf.getSerialNumber().bitLength()).isLessThanOrEqualTo(159);
      serials.add(leaf.getSerialNumber());
    }

    assertThat(serials).hasSize(200);
  }

  @Test
  void neverOutlivesItsOwnCertificate() {
    clock.advance(TEN_YEARS.minusHours(1));

    Svid svid = authority.issue(REVIEWS, List.of(), Duration.ofHours(24));

    assertThat(svid.expiry()).isEqualTo(authority.expiry());
  }

  @Test
  void refusesToSignOnceItExpired() {
    clock.advance(TEN_YEARS.plusSeconds(1));

    assertThatThrownBy(() -> authority.issue(REVIEWS, List.of(), Duration.ofHours(24)))
        .hasMessageContaining("expired");
  }

  @Test
  void loadsWhatItWasStoredAs() {
    CertificateAuthority loaded =
        CertificateAuthority.load(
            Pem.encode(authority.issuers()),
            authority.key().toPem(),
            authority.roots().pem(),
            clock);

    Svid svid = loaded.issue(REVIEWS, List.of(), Duration.ofHours(1));

    assertThat(authority.roots().verify(svid.chain(), clock.instant())).isEqualTo(REVIEWS);
  }

  @Test
  void loadsAPluggedInIntermediate() {
    CertificateAuthority intermediate =
        authority.createIntermediate("intermediate", Duration.ofDays(365));

    CertificateAuthority loaded =
        CertificateAuthority.load(
            Pem.encode(intermediate.issuers().getFirst()),
            intermediate.key().toPem(),
            authority.roots().pem(),
            clock);
    Svid svid = loaded.issue(REVIEWS, List.of(), Duration.ofHours(1));

    assertThat(svid.chain()).hasSize(3);
    assertThat(svid.chain().getLast()).isEqualTo(authority.roots().roots().getFirst());
    assertThat(authority.roots().verify(svid.chain(), clock.instant())).isEqualTo(REVIEWS);
  }

  @Test
  void refusesAnotherAuthoritysKey() {
    CertificateAuthority other =
        CertificateAuthority.createRoot(TrustDomain.CLUSTER_LOCAL, TEN_YEARS, clock);

    assertThatThrownBy(
            () ->
                CertificateAuthority.load(
                    Pem.encode(authority.issuers()),
                    other.key().toPem(),
                    authority.roots().pem(),
                    clock))
        .hasMessageContaining("does not belong");
  }

  @Test
  void refusesAWorkloadsCertificateAsAuthority() {
    Svid svid = authority.issue(REVIEWS, List.of(), Duration.ofHours(1));

    assertThatThrownBy(
            () ->
                CertificateAuthority.load(
                    svid.chainPem(), svid.keyPem(), authority.roots().pem(), clock))
        .hasMessageContaining("may not sign");
  }

  @Test
  void trustsTwoRootsWhileOneTakesOver() {
    CertificateAuthority next =
        CertificateAuthority.createRoot(TrustDomain.CLUSTER_LOCAL, TEN_YEARS, clock);
    Svid before = authority.issue(REVIEWS, List.of(), Duration.ofHours(1));
    Svid after = next.issue(REVIEWS, List.of(), Duration.ofHours(1));

    TrustBundle both = authority.roots().and(next.roots());

    assertThat(both.verify(before.chain(), clock.instant())).isEqualTo(REVIEWS);
    assertThat(both.verify(after.chain(), clock.instant())).isEqualTo(REVIEWS);
    assertThatThrownBy(() -> authority.roots().verify(after.chain(), clock.instant()))
        .hasMessageContaining("does not chain");
    assertThat(TrustBundle.parse(both.pem(), "bundle")).isEqualTo(both);
  }

  @Test
  void refusesExpiredCertificates() {
    Svid svid = authority.issue(REVIEWS, List.of(), Duration.ofHours(1));
    clock.advance(Duration.ofHours(2));

    assertThatThrownBy(() -> authority.roots().verify(svid.chain(), clock.instant()))
        .hasMessageContaining("expired at");
  }

  @Test
  void refusesAWorkloadThatSignsForOthers() {
    Svid workload = authority.issue(REVIEWS, List.of(), Duration.ofHours(1));
    CertificateAuthority forger =
        CertificateAuthority.createRoot(TrustDomain.CLUSTER_LOCAL, TEN_YEARS, clock);
    Svid forged = forger.issue(REVIEWS, List.of(), Duration.ofHours(1));

    assertThatThrownBy(
            () ->
                authority.roots().verify(List.of(forged.leaf(), workload.leaf()), clock.instant()))
        .hasMessageContaining("does not chain");
  }

  @Test
  void neverShowsKeys() {
    Svid svid = authority.issue(REVIEWS, List.of(), Duration.ofHours(1));
    String body = svid.keyPem().lines().skip(1).findFirst().orElseThrow();

    assertThat(svid.toString() + svid.key() + authority).doesNotContain(body, "PRIVATE");
  }
}
