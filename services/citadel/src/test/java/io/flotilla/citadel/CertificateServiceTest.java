// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel;

import static io.restassured.RestAssured.given;
import static io.restassured.RestAssured.when;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.notNullValue;

import io.flotilla.contract.ca.IstioCertificateRequest;
import io.flotilla.contract.ca.IstioCertificateResponse;
import io.flotilla.contract.ca.IstioCertificateServiceGrpc;
import io.flotilla.identity.CertificateAuthority;
import io.flotilla.identity.CertificateSigningRequest;
import io.flotilla.identity.JwtClaims;
import io.flotilla.identity.KeyMaterial;
import io.flotilla.identity.Pem;
import io.flotilla.identity.RotatingKeys;
import io.flotilla.identity.SpiffeId;
import io.flotilla.identity.Svid;
import io.flotilla.identity.TrustBundle;
import io.flotilla.identity.TrustDomain;
import io.flotilla.shell.MeshEvent;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The Istio CA service over a real TLS connection, and what REST, health and metrics tell of it.
 */
@QuarkusTest
class CertificateServiceTest {
  @Inject Citadel citadel;
  @Inject CertificateEventsRecorder events;

  private ManagedChannel channel;

  @BeforeAll
  static void writeTheKeySet() throws Exception {
    TestTokens.writeKeySet();
  }

  @BeforeEach
  void connect() throws Exception {
    channel = channel(Optional.empty());
  }

  @AfterEach
  void disconnect() throws Exception {
    channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
  }

  @Test
  void issuesToAServiceAccountsToken() {
    KeyMaterial key = KeyMaterial.p256();

    IstioCertificateResponse answer =
        call(channel, bearer(token("reviews")), csr(key, "reviews"), 3600);

    List<X509Certificate> chain = chain(answer);
    assertThat(chain).hasSize(2);
    assertThat(SpiffeId.of(chain.getFirst())).isEqualTo(id("reviews"));
    assertThat(chain.getFirst().getPublicKey()).isEqualTo(key.publicKey());
    assertThat(chain.getFirst().getNotAfter().toInstant())
        .isBetween(Instant.now().plusSeconds(3500), Instant.now().plusSeconds(3600));
    assertThat(roots().verify(chain, Instant.now())).isEqualTo(id("reviews"));
    assertThat(chain.getLast()).isEqualTo(roots().roots().getFirst());
    awaitEvent("io.flotilla.certificate.issued", id("reviews").uri());
  }

  @Test
  void takesTheIdentityFromTheTokenWhereTheRequestNamesNone() throws Exception {
    KeyMaterial key = KeyMaterial.p256();
    String csr = CsrWithoutNames.build(key);

    IstioCertificateResponse answer = call(channel, bearer(token("ratings")), csr, 0);

    X509Certificate leaf = chain(answer).getFirst();
    assertThat(SpiffeId.of(leaf)).isEqualTo(id("ratings"));
    assertThat(leaf.getNotAfter().toInstant())
        .isBetween(
            Instant.now().plus(Duration.ofHours(24)).minusSeconds(60),
            Instant.now().plus(Duration.ofHours(24)));
  }

  @Test
  void renewsToTheHolderOfACertificate() throws Exception {
    Svid svid = issue("details");
    ManagedChannel mutual = channel(Optional.of(svid));
    try {
      KeyMaterial next = KeyMaterial.p256();

      IstioCertificateResponse answer = call(mutual, new Metadata(), csr(next, "details"), 3600);

      assertThat(SpiffeId.of(chain(answer).getFirst())).isEqualTo(id("details"));
      awaitEvent("io.flotilla.certificate.renewed", id("details").uri());
    } finally {
      mutual.shutdownNow();
    }
  }

  @Test
  void refusesAStrangersCertificate() throws Exception {
    CertificateAuthority stranger =
        CertificateAuthority.createRoot(
            TrustDomain.CLUSTER_LOCAL, Duration.ofDays(1), Clock.systemUTC());
    ManagedChannel mutual =
        channel(Optional.of(stranger.issue(id("reviews"), List.of(), Duration.ofHours(1))));
    try {
      assertThatThrownBy(() -> call(mutual, new Metadata(), csr(KeyMaterial.p256(), "reviews"), 0))
          .isInstanceOfSatisfying(
              StatusRuntimeException.class,
              e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE));
    } finally {
      mutual.shutdownNow();
    }
  }

  @Test
  void refusesWhoShowsNothing() {
    assertRefused(
        () -> call(channel, new Metadata(), csr(KeyMaterial.p256(), "reviews"), 0),
        Status.Code.UNAUTHENTICATED,
        "neither a token nor a certificate");
  }

  @Test
  void refusesAnExpiredToken() {
    Instant now = Instant.now();
    String expired =
        TestTokens.SIGNER.sign(
            JwtClaims.of(
                "test",
                "system:serviceaccount:default:reviews",
                "istio-ca",
                now.minusSeconds(7200),
                now.minusSeconds(3600)));

    assertRefused(
        () -> call(channel, bearer(expired), csr(KeyMaterial.p256(), "reviews"), 0),
        Status.Code.UNAUTHENTICATED,
        "expired at");
    awaitEvent("io.flotilla.certificate.refused", "unknown");
  }

  @Test
  void refusesATokenForAnotherAudience() {
    Instant now = Instant.now();
    String other =
        TestTokens.SIGNER.sign(
            JwtClaims.of(
                "test",
                "system:serviceaccount:default:reviews",
                "kubernetes",
                now,
                now.plusSeconds(3600)));

    assertRefused(
        () -> call(channel, bearer(other), csr(KeyMaterial.p256(), "reviews"), 0),
        Status.Code.UNAUTHENTICATED,
        "audience");
  }

  @Test
  void refusesATokenOfNoServiceAccount() {
    Instant now = Instant.now();
    String user =
        TestTokens.SIGNER.sign(
            JwtClaims.of("test", "admin", "istio-ca", now, now.plusSeconds(3600)));

    assertRefused(
        () -> call(channel, bearer(user), csr(KeyMaterial.p256(), "reviews"), 0),
        Status.Code.UNAUTHENTICATED,
        "not a service account");
  }

  @Test
  void refusesARequestForSomebodyElse() {
    assertRefused(
        () -> call(channel, bearer(token("reviews")), csr(KeyMaterial.p256(), "productpage"), 0),
        Status.Code.PERMISSION_DENIED,
        "spiffe://cluster.local/ns/default/sa/reviews may not have a certificate of"
            + " spiffe://cluster.local/ns/default/sa/productpage");
  }

  @Test
  void refusesAHostNameToAWorkload() {
    String csr =
        CertificateSigningRequest.build(
            KeyMaterial.p256(), id("reviews"), List.of("istiod.istio-system.svc"));

    assertRefused(
        () -> call(channel, bearer(token("reviews")), csr, 0),
        Status.Code.PERMISSION_DENIED,
        "host name 'istiod.istio-system.svc'");
  }

  @Test
  void givesControlPlaneServersTheirHostNames() throws Exception {
    SpiffeId pilot = SpiffeId.of(TrustDomain.CLUSTER_LOCAL, "istio-system", "pilot");
    String csr =
        CertificateSigningRequest.build(
            KeyMaterial.p256(),
            pilot,
            List.of("istiod.istio-system.svc", "pilot.istio-system.svc", "localhost", "127.0.0.1"));

    IstioCertificateResponse answer =
        call(channel, bearer(TestTokens.token("istio-system", "pilot")), csr, 0);

    assertThat(chain(answer).getFirst().getSubjectAlternativeNames()).hasSize(5);
  }

  @Test
  void refusesGarbage() {
    assertRefused(
        () -> call(channel, bearer(token("reviews")), "garbage", 0),
        Status.Code.INVALID_ARGUMENT,
        "CERTIFICATE REQUEST");
  }

  @Test
  void refusesAnOversizedRequest() {
    assertRefused(
        () -> call(channel, bearer(token("reviews")), "x".repeat(100_000), 0),
        Status.Code.INVALID_ARGUMENT,
        "longer than");
    assertRefused(
        () -> call(channel, bearer(token("reviews")), "x".repeat(1_000_000), 0),
        Status.Code.RESOURCE_EXHAUSTED,
        "");
  }

  @Test
  void refusesALifeThatIsTooLong() {
    assertRefused(
        () ->
            call(
                channel,
                bearer(token("reviews")),
                csr(KeyMaterial.p256(), "reviews"),
                Duration.ofDays(91).toSeconds()),
        Status.Code.INVALID_ARGUMENT,
        "longer than");
    assertRefused(
        () -> call(channel, bearer(token("reviews")), csr(KeyMaterial.p256(), "reviews"), -1),
        Status.Code.INVALID_ARGUMENT,
        "negative");
  }

  @Test
  void limitsHowOftenOneIdentityAsks() {
    String csr = csr(KeyMaterial.p256(), "greedy");
    for (int i = 0; i < 20; i++) {
      call(channel, bearer(token("greedy")), csr, 0);
    }

    assertRefused(
        () -> call(channel, bearer(token("greedy")), csr, 0),
        Status.Code.RESOURCE_EXHAUSTED,
        "sa/greedy asked for more than 20");
  }

  @Test
  void takesARelaysWordAndNobodyElses() throws Exception {
    Metadata whom = new Metadata();
    whom.put(
        Metadata.Key.of("flotilla-caller-identity", Metadata.ASCII_STRING_MARSHALLER),
        id("relayed").uri());
    ManagedChannel relay = channel(Optional.of(issue("istio-system", "pilot")));
    ManagedChannel workload = channel(Optional.of(issue("impostor")));
    try {
      IstioCertificateResponse answer = call(relay, whom, csr(KeyMaterial.p256(), "relayed"), 0);

      assertThat(SpiffeId.of(chain(answer).getFirst())).isEqualTo(id("relayed"));
      assertRefused(
          () -> call(workload, whom, csr(KeyMaterial.p256(), "relayed"), 0),
          Status.Code.PERMISSION_DENIED,
          "not a relay");
      assertRefused(
          () -> call(channel, whom, csr(KeyMaterial.p256(), "relayed"), 0),
          Status.Code.UNAUTHENTICATED,
          "must show its own certificate");
    } finally {
      relay.shutdownNow();
      workload.shutdownNow();
    }
  }

  @Test
  void neverGivesARelaysIdentityForABadToken() throws Exception {
    SpiffeId pilot = SpiffeId.of(TrustDomain.CLUSTER_LOCAL, "istio-system", "pilot");
    ManagedChannel relay = channel(Optional.of(issue("istio-system", "pilot")));
    try {
      assertRefused(
          () ->
              call(
                  relay,
                  bearer("rubbish"),
                  CertificateSigningRequest.build(KeyMaterial.p256(), pilot),
                  0),
          Status.Code.UNAUTHENTICATED,
          "not a JSON web token");
    } finally {
      relay.shutdownNow();
    }
  }

  @Test
  void servesGrpcHealthAndReflection() {
    assertThat(
            HealthGrpc.newBlockingStub(channel)
                .check(
                    HealthCheckRequest.newBuilder()
                        .setService("istio.v1.auth.IstioCertificateService")
                        .build())
                .getStatus())
        .isEqualTo(HealthCheckResponse.ServingStatus.SERVING);
    assertThat(ReflectedServices.of(channel)).contains("istio.v1.auth.IstioCertificateService");
  }

  @Test
  void tellsTheRootByRest() {
    String pem =
        when()
            .get("/citadel/api/root")
            .then()
            .statusCode(200)
            .contentType("application/x-pem-file")
            .body(not(containsString("PRIVATE")))
            .extract()
            .asString();

    assertThat(TrustBundle.parse(pem, "answer")).isEqualTo(roots());
  }

  @Test
  void tellsWhatWasIssuedByRest() {
    call(channel, bearer(token("listed")), csr(KeyMaterial.p256(), "listed"), 0);

    given()
        .queryParam("identity", id("listed").uri())
        .when()
        .get("/citadel/api/issued")
        .then()
        .statusCode(200)
        .body("identity", hasItem(id("listed").uri()))
        .body("[0].serial", notNullValue())
        .body("[0].expiry", notNullValue())
        .body("[0].proof", equalTo("TOKEN"));
  }

  @Test
  void refusesABadQueryByRest() {
    given()
        .queryParam("limit", 0)
        .when()
        .get("/citadel/api/issued")
        .then()
        .statusCode(400)
        .body(containsString("limit must be from 1 to 1000"));
    given()
        .queryParam("identity", "nobody")
        .when()
        .get("/citadel/api/issued")
        .then()
        .statusCode(400)
        .body(containsString("not a SPIFFE id"));
  }

  @Test
  void showsHealthMetricsAndOpenApi() {
    call(channel, bearer(token("metered")), csr(KeyMaterial.p256(), "metered"), 0);

    when()
        .get("/q/health/ready")
        .then()
        .statusCode(200)
        .body("checks.find { it.name == 'citadel' }.data.rootExpiry", notNullValue())
        .body("checks.find { it.name == 'citadel' }.data.daysLeft", greaterThan(3000));
    when().get("/q/openapi").then().statusCode(200).body(containsString("/citadel/api/issued"));
    String metrics = when().get("/q/metrics").then().statusCode(200).extract().asString();
    assertThat(metrics)
        .containsPattern("(?m)^citadel_server_csr_count(\\{[^}]*})? [1-9]")
        .containsPattern("(?m)^citadel_server_success_cert_issuance_count(\\{[^}]*})? [1-9]")
        .containsPattern("(?m)^citadel_server_csr_sign_err_count(\\{[^}]*})? 0")
        .containsPattern("(?m)^citadel_server_root_cert_expiry_timestamp(\\{[^}]*})? [1-9]");
  }

  private Svid issue(String account) {
    return issue("default", account);
  }

  private Svid issue(String namespace, String account) {
    KeyMaterial key = KeyMaterial.p256();
    String csr =
        CertificateSigningRequest.build(
            key, SpiffeId.of(TrustDomain.CLUSTER_LOCAL, namespace, account));
    return Svid.of(
        chain(call(channel, bearer(TestTokens.token(namespace, account)), csr, 3600)), key);
  }

  private static IstioCertificateResponse call(
      ManagedChannel channel, Metadata metadata, String csr, long seconds) {
    return IstioCertificateServiceGrpc.newBlockingStub(channel)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata))
        .withDeadlineAfter(20, TimeUnit.SECONDS)
        .createCertificate(
            IstioCertificateRequest.newBuilder().setCsr(csr).setValidityDuration(seconds).build());
  }

  private ManagedChannel channel(Optional<Svid> svid) throws Exception {
    SslContextBuilder tls =
        SslContextBuilder.forClient().trustManager(roots().roots().toArray(new X509Certificate[0]));
    svid.ifPresent(each -> tls.keyManager(new RotatingKeys(() -> each)));
    return NettyChannelBuilder.forAddress("127.0.0.1", citadel.port().orElseThrow())
        .sslContext(GrpcSslContexts.configure(tls, SslProvider.JDK).build())
        .build();
  }

  private TrustBundle roots() {
    return citadel.current().orElseThrow().roots();
  }

  private void awaitEvent(String type, String subject) {
    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(
            () -> assertThat(events.about(subject)).extracting(MeshEvent::type).contains(type));
  }

  private static String csr(KeyMaterial key, String account) {
    return CertificateSigningRequest.build(key, id(account));
  }

  private static SpiffeId id(String account) {
    return SpiffeId.of(TrustDomain.CLUSTER_LOCAL, "default", account);
  }

  private static List<X509Certificate> chain(IstioCertificateResponse answer) {
    return Pem.certificates(String.join("", answer.getCertChainList()), "answer");
  }

  private static String token(String account) {
    return TestTokens.token("default", account);
  }

  private static Metadata bearer(String token) {
    Metadata metadata = new Metadata();
    metadata.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
    return metadata;
  }

  private static void assertRefused(ThrowingCallable call, Status.Code code, String sentence) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).as(e.toString()).isEqualTo(code);
              assertThat(String.valueOf(e.getStatus().getDescription())).contains(sentence);
            });
  }
}
