// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel;

import static io.restassured.RestAssured.when;
import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.ca.client.CaClient;
import io.flotilla.identity.CertificateSigningRequest;
import io.flotilla.identity.KeyMaterial;
import io.flotilla.identity.SpiffeId;
import io.flotilla.identity.TrustDomain;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Citadel works the same where nothing is connected to its channel of events. */
@QuarkusTest
@TestProfile(NobodyListensTest.Unconnected.class)
class NobodyListensTest {
  @Inject Citadel citadel;

  /** No consumer in the process, no connector. */
  public static class Unconnected implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of(
          "quarkus.arc.exclude-types",
          CertificateEventsRecorder.class.getName(),
          "mp.messaging.outgoing.certificate-events.enabled",
          "false");
    }
  }

  @Test
  void issuesAllTheSame() throws Exception {
    TestTokens.writeKeySet();
    SpiffeId id = SpiffeId.of(TrustDomain.CLUSTER_LOCAL, "default", "alone");
    CaClient client =
        new CaClient(
            "127.0.0.1:" + citadel.port().orElseThrow(),
            () -> citadel.current().orElseThrow().roots(),
            () -> TestTokens.token("default", "alone"),
            Optional.empty());

    for (int i = 0; i < 3; i++) {
      assertThat(
              client.sign(
                  CertificateSigningRequest.build(KeyMaterial.p256(), id),
                  Duration.ofHours(1),
                  Optional.empty()))
          .hasSize(2);
    }
    when().get("/q/health/ready").then().statusCode(200);
  }
}
