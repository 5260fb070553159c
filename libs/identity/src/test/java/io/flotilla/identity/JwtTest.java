// SPDX-License-Identifier: Apache-2.0
package io.flotilla.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.identity.InvalidTokenException.Reason;
import io.flotilla.testkit.clock.FakeClock;
import java.nio.charset.StandardCharsets;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class JwtTest {
  private static final String SUBJECT = "system:serviceaccount:default:reviews";

  private final FakeClock clock = new FakeClock(Instant.parse("2030-01-01T00:00:00Z"));
  private final JwtSigner signer = new JwtSigner(KeyMaterial.p256(), "k1");
  private final JwtVerifier verifier = verifier(signer.keys());

  @Test
  void acceptsWhatTheSignerMade() {
    JwtClaims claims = claims("istio-ca");

    assertThat(verifier.verify(signer.sign(claims))).isEqualTo(claims);
  }

  @Test
  void keepsTheKeysThroughJson() {
    JsonWebKeys read = JsonWebKeys.parse(signer.keys().toJson(), "key set");

    assertThat(read).isEqualTo(signer.keys());
    assertThat(verifier(read).verify(signer.sign(claims("istio-ca"))).subject()).isEqualTo(SUBJECT);
  }

  @Test
  void acceptsRs256AsKubernetesSigns() throws Exception {
    KeyMaterial rsa = KeyMaterial.rsa(2048);
    String signed =
        base64("{\"alg\":\"RS256\",\"kid\":\"r\"}")
            + "."
            + base64(
                "{\"sub\":\"system:serviceaccount:a:b\",\"aud\":\"istio-ca\",\"exp\":1893460000}");
    Signature signature = Signature.getInstance("SHA256withRSA");
    signature.initSign(rsa.privateKey());
    signature.update(signed.getBytes(StandardCharsets.US_ASCII));
    String token =
        signed + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(signature.sign());
    JsonWebKeys keys = JsonWebKeys.parse(JsonWebKeys.of("r", rsa.publicKey()).toJson(), "key set");

    assertThat(verifier(keys).verify(token).subject()).isEqualTo("system:serviceaccount:a:b");
  }

  @Test
  void refusesAnExpiredToken() {
    String token = signer.sign(claims("istio-ca"));
    clock.advance(Duration.ofHours(2));

    assertReason(() -> verifier.verify(token), Reason.EXPIRED);
  }

  @Test
  void refusesATokenBeforeItsTime() {
    String token = signer.sign(claims("istio-ca"));
    clock.advance(Duration.ofHours(-1));

    assertReason(() -> verifier.verify(token), Reason.NOT_YET_VALID);
  }

  @Test
  void refusesATokenForOthers() {
    assertReason(() -> verifier.verify(signer.sign(claims("kubernetes"))), Reason.WRONG_AUDIENCE);
  }

  @Test
  void refusesAnotherIssuersToken() {
    JwtVerifier strict =
        new JwtVerifier(signer::keys, Optional.of("https://elsewhere"), Set.of("istio-ca"), clock);

    assertReason(() -> strict.verify(signer.sign(claims("istio-ca"))), Reason.WRONG_ISSUER);
  }

  @Test
  void refusesAForgersKey() {
    JwtSigner forger = new JwtSigner(KeyMaterial.p256(), "k1");

    assertReason(() -> verifier.verify(forger.sign(claims("istio-ca"))), Reason.BAD_SIGNATURE);
  }

  @Test
  void refusesAnUnknownKey() {
    JwtSigner stranger = new JwtSigner(KeyMaterial.p256(), "k2");

    assertReason(() -> verifier.verify(stranger.sign(claims("istio-ca"))), Reason.UNKNOWN_KEY);
  }

  @Test
  void refusesNoAlgorithm() {
    String token =
        base64("{\"alg\":\"none\",\"kid\":\"k1\"}") + "." + base64("{\"sub\":\"x\"}") + ".";

    assertReason(() -> verifier.verify(token), Reason.UNSUPPORTED_ALGORITHM);
  }

  @Test
  void refusesAPublicKeyUsedAsASecret() throws Exception {
    String signed = base64("{\"alg\":\"HS256\",\"kid\":\"k1\"}") + "." + base64("{\"sub\":\"x\"}");
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(signer.keys().keys().get("k1").getEncoded(), "HmacSHA256"));
    byte[] tag = mac.doFinal(signed.getBytes(StandardCharsets.US_ASCII));

    assertReason(
        () -> verifier.verify(signed + "." + Base64.getUrlEncoder().encodeToString(tag)),
        Reason.UNSUPPORTED_ALGORITHM);
  }

  @Test
  void refusesAChangedBody() {
    String[] parts = signer.sign(claims("istio-ca")).split("\\.");
    String changed =
        parts[0]
            + "."
            + base64("{\"sub\":\"admin\",\"aud\":\"istio-ca\",\"exp\":1893460000}")
            + "."
            + parts[2];

    assertReason(() -> verifier.verify(changed), Reason.BAD_SIGNATURE);
  }

  @Test
  void refusesWhatIsNoToken() {
    for (String token :
        new String[] {"", "a", "a.b", "a.b.c", "....", "%.%.%", base64("[]") + ".x.y"}) {
      assertReason(() -> verifier.verify(token), Reason.MALFORMED);
    }
    assertReason(() -> verifier.verify("x".repeat(20_000)), Reason.MALFORMED);
  }

  @Test
  void refusesAZeroSignature() {
    String[] parts = signer.sign(claims("istio-ca")).split("\\.");
    String zeros = Base64.getUrlEncoder().withoutPadding().encodeToString(new byte[64]);

    assertReason(
        () -> verifier.verify(parts[0] + "." + parts[1] + "." + zeros), Reason.BAD_SIGNATURE);
  }

  @Test
  void refusesAKeyOffTheCurve() {
    String json =
        "{\"keys\":[{\"kid\":\"x\",\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AQ\",\"y\":\"AQ\"}]}";

    assertThatThrownBy(() -> JsonWebKeys.parse(json, "key set"))
        .isInstanceOf(InvalidIdentityException.class)
        .hasMessageContaining("'x'");
  }

  private JwtVerifier verifier(JsonWebKeys keys) {
    return new JwtVerifier(() -> keys, Optional.empty(), Set.of("istio-ca"), clock);
  }

  private JwtClaims claims(String audience) {
    Instant now = clock.instant();
    return JwtClaims.of("https://flotilla", SUBJECT, audience, now, now.plusSeconds(3600));
  }

  private static String base64(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static void assertReason(ThrowingCallable call, Reason reason) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            InvalidTokenException.class, refused -> assertThat(refused.reason()).isEqualTo(reason));
  }
}
