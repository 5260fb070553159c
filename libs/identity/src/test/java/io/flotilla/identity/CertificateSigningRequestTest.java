// SPDX-License-Identifier: Apache-2.0
package io.flotilla.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CertificateSigningRequestTest {
  private static final SpiffeId REVIEWS =
      SpiffeId.of(TrustDomain.CLUSTER_LOCAL, "default", "reviews");

  @Test
  void readsWhatItBuilds() {
    KeyMaterial key = KeyMaterial.p256();

    CertificateSigningRequest request =
        CertificateSigningRequest.parse(
            CertificateSigningRequest.build(
                key, REVIEWS, List.of("istiod.istio-system.svc", "127.0.0.1", "::1")));

    assertThat(request.publicKey()).isEqualTo(key.publicKey());
    assertThat(request.spiffeId()).contains(REVIEWS);
    assertThat(request.hosts())
        .containsExactly("istiod.istio-system.svc", "127.0.0.1", "0:0:0:0:0:0:0:1");
  }

  @Test
  void readsRsaRequests() {
    KeyMaterial key = KeyMaterial.rsa(2048);

    assertThat(
            CertificateSigningRequest.parse(CertificateSigningRequest.build(key, REVIEWS))
                .publicKey())
        .isEqualTo(key.publicKey());
  }

  @Test
  void refusesAWeakKey() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(1024);
    var pair = generator.generateKeyPair();
    String pem =
        Pem.encode(
            "CERTIFICATE REQUEST",
            new JcaPKCS10CertificationRequestBuilder(new X500Name("CN=x"), pair.getPublic())
                .build(new JcaContentSignerBuilder("SHA256withRSA").build(pair.getPrivate()))
                .getEncoded());

    assertThatThrownBy(() -> CertificateSigningRequest.parse(pem))
        .hasMessageContaining("1024 bits");
  }

  @Test
  void refusesARequestThatAnotherKeySigned() throws Exception {
    KeyMaterial own = KeyMaterial.p256();
    KeyMaterial other = KeyMaterial.p256();
    String pem =
        Pem.encode(
            "CERTIFICATE REQUEST",
            new JcaPKCS10CertificationRequestBuilder(new X500Name("CN=x"), own.publicKey())
                .build(new JcaContentSignerBuilder("SHA256withECDSA").build(other.privateKey()))
                .getEncoded());

    assertThatThrownBy(() -> CertificateSigningRequest.parse(pem))
        .hasMessageContaining("does not hold");
  }

  @Test
  void refusesSha1() throws Exception {
    KeyMaterial key = KeyMaterial.p256();
    String pem =
        Pem.encode(
            "CERTIFICATE REQUEST",
            new JcaPKCS10CertificationRequestBuilder(new X500Name("CN=x"), key.publicKey())
                .build(new JcaContentSignerBuilder("SHA1withECDSA").build(key.privateKey()))
                .getEncoded());

    assertThatThrownBy(() -> CertificateSigningRequest.parse(pem))
        .hasMessageContaining("not accepted");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "garbage",
        "-----BEGIN CERTIFICATE REQUEST-----",
        "-----BEGIN CERTIFICATE REQUEST-----\n!!!!\n-----END CERTIFICATE REQUEST-----",
        "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----",
        "-----BEGIN CERTIFICATE REQUEST-----\nMIQ=\n-----END CERTIFICATE REQUEST-----",
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----",
      })
  void refusesWhatIsNoRequest(String pem) {
    assertThatThrownBy(() -> CertificateSigningRequest.parse(pem))
        .isInstanceOf(InvalidIdentityException.class);
  }

  @Test
  void refusesAnOversizedText() {
    assertThatThrownBy(() -> CertificateSigningRequest.parse("x".repeat(70_000)))
        .hasMessageContaining("longer than");
  }

  @Test
  void survivesAnyDamage() {
    String good = CertificateSigningRequest.build(KeyMaterial.p256(), REVIEWS);
    byte[] der = Pem.blocks(good, "request").getFirst().der();
    Random random = new Random(42);

    for (int i = 0; i < 3000; i++) {
      byte[] damaged = der.clone();
      for (int n = 1 + random.nextInt(4); n > 0; n--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      if (java.util.Arrays.equals(damaged, der)) {
        continue;
      }
      String pem =
          "-----BEGIN CERTIFICATE REQUEST-----\n"
              + Base64.getEncoder().encodeToString(damaged)
              + "\n-----END CERTIFICATE REQUEST-----\n";
      try {
        CertificateSigningRequest read = CertificateSigningRequest.parse(pem);
        // Only damage outside of what is signed and read (a BER form of the same values) may pass.
        assertThat(read.spiffeId()).contains(REVIEWS);
      } catch (InvalidIdentityException expected) {
        assertThat(expected.getMessage()).isNotEmpty();
      }
    }
  }

  @Test
  void refusesBottomlessNesting() {
    byte[] indefinite = new byte[40_000];
    byte[] definite = new byte[40_000];
    for (int i = 0; i < indefinite.length; i += 2) {
      indefinite[i] = 0x30;
      indefinite[i + 1] = (byte) 0x80;
    }
    for (int i = 0; i + 4 <= definite.length; i += 4) {
      int left = definite.length - i - 4;
      definite[i] = 0x30;
      definite[i + 1] = (byte) 0x82;
      definite[i + 2] = (byte) (left >> 8);
      definite[i + 3] = (byte) left;
    }

    for (byte[] der : List.of(indefinite, definite)) {
      String pem = Pem.encode("CERTIFICATE REQUEST", der);
      assertThatThrownBy(() -> CertificateSigningRequest.parse(pem))
          .isInstanceOf(InvalidIdentityException.class);
    }
  }
}
