// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.conformance.mesh.Traffic.Reply;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Who may call whom, by policies saved into the directory of a running mesh. */
@ExtendWith(SharedMesh.class)
class AccessIT {
  private static final Duration CHANGE = Duration.ofSeconds(30);
  private static final String DETAILS = "policy-details.yaml";
  private static final String USERS = "policy-users.yaml";
  private static final String NO_DETAILS = "product details are currently unavailable";

  @Test
  void letsOnlyTheNamedServiceCall(RunningMesh mesh) throws Exception {
    Traffic anyone = Traffic.anonymous(mesh);
    anyone.warmUp();
    try {
      mesh.apply(DETAILS, detailsFor("bookinfo-reviews"));
      Eventually.within(
          CHANGE, () -> assertThat(anyone.get(Traffic.PAGE).body()).contains(NO_DETAILS));
      assertThat(anyone.get(Traffic.PAGE, 50, 4))
          .allSatisfy(page -> assertThat(page.body()).contains(NO_DETAILS, "Reviewer1"));

      mesh.apply(DETAILS, detailsFor("bookinfo-productpage"));
      Eventually.within(
          CHANGE, () -> assertThat(anyone.get(Traffic.PAGE).body()).doesNotContain(NO_DETAILS));
      assertThat(anyone.get(Traffic.PAGE, 50, 4))
          .allSatisfy(page -> assertThat(page.body()).contains("PublisherA", "Reviewer1"));
    } finally {
      mesh.remove(DETAILS);
    }
  }

  @Test
  void asksUsersForATokenAtTheGateway(RunningMesh mesh) throws Exception {
    Traffic anyone = Traffic.anonymous(mesh);
    KeyPair known = rsa();
    long later = Instant.now().plusSeconds(3600).getEpochSecond();
    try {
      mesh.apply(USERS, usersOf((RSAPublicKey) known.getPublic()));
      Eventually.within(
          CHANGE, () -> assertThat(anyone.get(Traffic.REVIEWS).status()).isEqualTo(403));

      assertThat(with(anyone, token(known, "issuer.test", later)).status()).isEqualTo(200);
      assertThat(with(anyone, token(known, "another.test", later)).status()).isEqualTo(401);
      assertThat(with(anyone, token(known, "issuer.test", 1_700_000_000)).status())
          .as("expired")
          .isEqualTo(401);
      assertThat(with(anyone, token(rsa(), "issuer.test", later)).status())
          .as("signed by somebody else")
          .isEqualTo(401);
      assertThat(anyone.get(Traffic.REVIEWS).body()).isEqualTo("RBAC: access denied");
    } finally {
      mesh.remove(USERS);
    }
    Eventually.within(
        CHANGE, () -> assertThat(anyone.get(Traffic.REVIEWS).status()).isEqualTo(200));
  }

  private static Reply with(Traffic traffic, String token) throws InterruptedException {
    return traffic.get(Traffic.REVIEWS, "authorization", "Bearer " + token);
  }

  private static String detailsFor(String serviceAccount) {
    return """
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: details, namespace: default}
        spec:
          selector: {matchLabels: {app: details}}
          rules:
          - from:
            - source: {principals: [cluster.local/ns/default/sa/%s]}
            to:
            - operation: {methods: [GET], paths: [/details/*]}
        """
        .formatted(serviceAccount);
  }

  private static String usersOf(RSAPublicKey key) {
    return """
        apiVersion: security.istio.io/v1
        kind: RequestAuthentication
        metadata: {name: users, namespace: istio-system}
        spec:
          selector: {matchLabels: {istio: ingressgateway}}
          jwtRules:
          - issuer: issuer.test
            jwks: '{"keys":[{"kty":"RSA","kid":"k","alg":"RS256","n":"%s","e":"%s"}]}'
        ---
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: users, namespace: istio-system}
        spec:
          selector: {matchLabels: {istio: ingressgateway}}
          rules:
          - from:
            - source: {requestPrincipals: [issuer.test/jason]}
        """
        .formatted(base64(unsigned(key.getModulus())), base64(unsigned(key.getPublicExponent())));
  }

  private static KeyPair rsa() throws GeneralSecurityException {
    KeyPairGenerator keys = KeyPairGenerator.getInstance("RSA");
    keys.initialize(2048);
    return keys.generateKeyPair();
  }

  private static String token(KeyPair key, String issuer, long expires)
      throws GeneralSecurityException {
    String text =
        base64("{\"alg\":\"RS256\",\"kid\":\"k\"}".getBytes(StandardCharsets.UTF_8))
            + "."
            + base64(
                "{\"iss\":\"%s\",\"sub\":\"jason\",\"exp\":%d}"
                    .formatted(issuer, expires)
                    .getBytes(StandardCharsets.UTF_8));
    Signature signature = Signature.getInstance("SHA256withRSA");
    signature.initSign(key.getPrivate());
    signature.update(text.getBytes(StandardCharsets.US_ASCII));
    return text + "." + base64(signature.sign());
  }

  private static byte[] unsigned(BigInteger number) {
    byte[] bytes = number.toByteArray();
    return bytes[0] == 0 ? Arrays.copyOfRange(bytes, 1, bytes.length) : bytes;
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
