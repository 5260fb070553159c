// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.match.MetadataMatch;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.match.ValueMatch;
import io.flotilla.model.policy.AccessCondition;
import io.flotilla.model.policy.AccessPolicy;
import io.flotilla.model.policy.AccessRules;
import io.flotilla.model.policy.JwtAuthentication;
import io.flotilla.model.policy.JwtProvider;
import io.flotilla.model.policy.JwtRequirement;
import io.flotilla.model.policy.Rbac;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jose4j.jwk.EcJwkGenerator;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jwk.RsaJwkGenerator;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.keys.EllipticCurves;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a sidecar makes of the tokens of requests. */
class JwtIT {
  private static PublicJsonWebKey ec;
  private static PublicJsonWebKey rsa;
  private static PublicJsonWebKey stranger;
  private static String keySet;

  private final TestMesh mesh = new TestMesh();
  private final EchoApp app = new EchoApp("app");
  private final EngineFixture server = new EngineFixture("server");
  private final AtomicInteger fetches = new AtomicInteger();
  private volatile String served = keySet;
  private HttpServer issuer;
  private @TempDir Path folder;

  @BeforeAll
  static void makeKeys() throws Exception {
    ec = EcJwkGenerator.generateJwk(EllipticCurves.P256);
    ec.setKeyId("ec");
    rsa = RsaJwkGenerator.generateJwk(2048);
    rsa.setKeyId("rsa");
    stranger = EcJwkGenerator.generateJwk(EllipticCurves.P256);
    stranger.setKeyId("ec");
    keySet = new JsonWebKeySet(ec, rsa).toJson(JsonWebKey.OutputControlLevel.PUBLIC_ONLY);
  }

  @BeforeEach
  void startIssuer() throws Exception {
    served = keySet;
    issuer = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    issuer.createContext(
        "/jwks",
        exchange -> {
          fetches.incrementAndGet();
          byte[] body = served.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(
              body.length == 0 ? 500 : 200, body.length == 0 ? -1 : body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    issuer.start();
  }

  @AfterEach
  void stop() {
    issuer.stop(0);
    server.close();
    app.close();
  }

  private static JwtProvider provider(String name, JwtProvider.Keys keys) {
    return new JwtProvider(
        name,
        List.of(),
        keys,
        false,
        List.of(),
        List.of(),
        List.of(),
        "x-payload",
        false,
        "payload",
        List.of("scope"),
        List.of(
            new JwtProvider.ClaimHeader("x-sub", "sub"),
            new JwtProvider.ClaimHeader("x-deep", "a.b")),
        false,
        JwtProvider.DEFAULT_SKEW);
  }

  private static JwtProvider inline(String name) {
    return provider(name, new JwtProvider.Keys.Inline(keySet));
  }

  private static JwtRequirement optional(String provider) {
    return new JwtRequirement.AnyOf(
        List.of(
            new JwtRequirement.Provided(provider, List.of()), new JwtRequirement.AllowMissing()));
  }

  private void serve(
      Map<String, JwtProvider> providers, JwtRequirement wanted, HttpFilter... then) {
    List<HttpFilter> filters = new java.util.ArrayList<>();
    filters.add(
        new HttpFilter.Jwt(
            new JwtAuthentication(
                providers,
                List.of(new JwtAuthentication.Rule(new PathMatch.Prefix("/"), Optional.of(wanted))),
                true)));
    filters.addAll(List.of(then));
    server.apply(
        TestMesh.snapshot(
            1,
            List.of(
                TestMesh.inbound(TestMesh.toApp(folder.resolve("log").toString(), filters), true)),
            List.of(),
            List.of(
                TestMesh.fixed("app", app.port()),
                TestMesh.fixed("issuer", issuer.getAddress().getPort())),
            mesh.secrets("server")));
  }

  private void serveOne() {
    serve(Map.of("one", inline("me")), optional("one"));
  }

  private static JwtClaims claims(String issuer) {
    JwtClaims claims = new JwtClaims();
    claims.setIssuer(issuer);
    claims.setSubject("alice");
    claims.setExpirationTimeMinutesInTheFuture(5);
    return claims;
  }

  private static String sign(JwtClaims claims, PublicJsonWebKey key, String algorithm)
      throws Exception {
    JsonWebSignature signature = new JsonWebSignature();
    signature.setPayload(claims.toJson());
    signature.setKey(key.getPrivateKey());
    signature.setKeyIdHeaderValue(key.getKeyId());
    signature.setAlgorithmHeaderValue(algorithm);
    return signature.getCompactSerialization();
  }

  private static String token(JwtClaims claims) throws Exception {
    return sign(claims, ec, "ES256");
  }

  private String ask(String path, String... headers) throws Exception {
    try (RawHttp raw = new RawHttp(server.address(TestMesh.IN))) {
      StringBuilder all = new StringBuilder();
      for (String header : headers) {
        all.append(header).append("\r\n");
      }
      return raw.send(
              "GET " + path + " HTTP/1.1\r\nhost: a.b\r\n" + all + "connection: close\r\n\r\n")
          .readToEnd();
    }
  }

  private String bearing(String token) throws Exception {
    return ask("/x", "authorization: Bearer " + token);
  }

  @Test
  void letsGoodTokensAndMissingOnesPass() throws Exception {
    serveOne();

    assertThat(bearing(token(claims("me")))).startsWith("HTTP/1.1 200");
    assertThat(bearing(sign(claims("me"), rsa, "RS256"))).startsWith("HTTP/1.1 200");
    assertThat(bearing(sign(claims("me"), rsa, "PS384"))).startsWith("HTTP/1.1 200");
    assertThat(ask("/x?access_token=" + token(claims("me")))).startsWith("HTTP/1.1 200");
    assertThat(ask("/x")).startsWith("HTTP/1.1 200");
  }

  @Test
  void refusesBadOnesInEnvoysWordsAndTellsTheLog() throws Exception {
    serveOne();
    JwtClaims old = claims("me");
    old.setExpirationTime(
        org.jose4j.jwt.NumericDate.fromSeconds(Instant.now().getEpochSecond() - 61));
    JwtClaims early = claims("me");
    early.setNotBeforeMinutesInThePast(-2);
    String good = token(claims("me"));
    String none =
        Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString("{\"alg\":\"none\"}".getBytes(StandardCharsets.UTF_8))
            + good.substring(good.indexOf('.'), good.lastIndexOf('.') + 1)
            + "AAAA";

    String expired = bearing(token(old));
    assertThat(expired)
        .startsWith("HTTP/1.1 401 Unauthorized")
        .contains("www-authenticate: Bearer realm=\"http://a.b/x\", error=\"invalid_token\"\r\n")
        .endsWith("Jwt is expired");
    assertThat(bearing(token(early))).endsWith("Jwt not yet valid");
    assertThat(bearing(token(claims("other")))).endsWith("Jwt issuer is not configured");
    assertThat(bearing(sign(claims("me"), stranger, "ES256"))).endsWith("Jwt verification fails");
    assertThat(bearing(none)).endsWith("Jwt header [alg] is not supported");
    assertThat(bearing("a.b"))
        .endsWith(
            "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections");
    assertThat(bearing(good.substring(0, good.length() - 8) + "AAAAAAAA"))
        .endsWith("Jwt verification fails");
    Await.until(
        () ->
            assertThat(Files.readAllLines(folder.resolve("log")))
                .hasSize(7)
                .first()
                .isEqualTo("/x 401 - jwt_authn_access_denied{Jwt_is_expired}"));
  }

  @Test
  void demandsATokenWhereNoneMayBeMissing() throws Exception {
    serve(Map.of("one", inline("me")), new JwtRequirement.Provided("one", List.of()));

    assertThat(ask("/x"))
        .startsWith("HTTP/1.1 401")
        .contains("www-authenticate: Bearer realm=\"http://a.b/x\"\r\n")
        .endsWith("Jwt is missing");
    assertThat(bearing(token(claims("me")))).startsWith("HTTP/1.1 200");
  }

  @Test
  void answers403ToAudiencesThatAreNotMeant() throws Exception {
    serve(
        Map.of("one", inline("me")),
        new JwtRequirement.Provided("one", List.of("https://shop.example/")));
    JwtClaims other = claims("me");
    other.setAudience("bank");
    JwtClaims mine = claims("me");
    mine.setAudience("bank", "shop.example");

    assertThat(bearing(token(other)))
        .startsWith("HTTP/1.1 403")
        .endsWith("Audiences in Jwt are not allowed");
    assertThat(bearing(token(mine))).startsWith("HTTP/1.1 200");
  }

  @Test
  void handsOnWhatTheTokenSaysAndNothingThatTheClientMadeUp() throws Exception {
    serveOne();
    JwtClaims deep = claims("me");
    deep.setClaim("a", Map.of("b", 7));
    String token = token(deep);

    assertThat(ask("/x?k=v", "authorization: Bearer " + token, "x-sub: root"))
        .contains("x-sub: alice\n")
        .contains("x-deep: 7\n")
        .contains("x-payload: " + token.split("\\.")[1] + "\n")
        .doesNotContain("root")
        .doesNotContainIgnoringCase("authorization:");
    assertThat(ask("/x", "authorization: Bearer " + token, "connection: x-sub, x-deep, x-payload"))
        .contains("x-sub: alice\n")
        .contains("x-deep: 7\n")
        .contains("x-payload: ");
    assertThat(ask("/x?a=1&access_token=" + token + "&b=2")).contains("GET /x?a=1&b=2\n");
    assertThat(ask("/x", "x-sub: root", "x-payload: y", "x-deep: 1"))
        .startsWith("HTTP/1.1 200")
        .doesNotContain("root")
        .doesNotContain("x-payload")
        .doesNotContain("x-deep");
  }

  @Test
  void findsTokensWhereTheIssuerSaysAndDemandsThatAllAreGood() throws Exception {
    JwtProvider plain = inline("me");
    JwtProvider elsewhere =
        new JwtProvider(
            "me",
            List.of(),
            plain.keys(),
            true,
            List.of(new JwtProvider.FromHeader("x-jwt", "Token ")),
            List.of("t"),
            List.of("session"),
            "",
            false,
            "payload",
            List.of(),
            List.of(),
            false,
            JwtProvider.DEFAULT_SKEW);
    serve(Map.of("one", elsewhere), new JwtRequirement.Provided("one", List.of()));
    String good = token(claims("me"));
    String bad = sign(claims("me"), stranger, "ES256");

    assertThat(ask("/x", "x-jwt: Token " + good))
        .startsWith("HTTP/1.1 200")
        .contains("x-jwt: Token " + good);
    assertThat(ask("/x?t=" + good)).startsWith("HTTP/1.1 200");
    assertThat(ask("/x", "cookie: a=b; session=" + good)).startsWith("HTTP/1.1 200");
    assertThat(bearing(good)).endsWith("Jwt is missing");
    assertThat(ask("/x?t=" + bad, "x-jwt: Token " + good)).startsWith("HTTP/1.1 401");
    assertThat(ask("/x?t=" + good, "x-jwt: Token " + bad)).startsWith("HTTP/1.1 401");
  }

  @Test
  void tellsIssuersApart() throws Exception {
    serve(
        Map.of("one", inline("me"), "two", inline("you")),
        new JwtRequirement.AnyOf(
            List.of(
                new JwtRequirement.Provided("one", List.of()),
                new JwtRequirement.Provided("two", List.of()),
                new JwtRequirement.AllOf(List.of(optional("one"), optional("two"))))));

    assertThat(bearing(token(claims("me")))).startsWith("HTTP/1.1 200");
    assertThat(bearing(token(claims("you")))).startsWith("HTTP/1.1 200");
    assertThat(ask("/x")).startsWith("HTTP/1.1 200");
    assertThat(bearing(token(claims("them")))).endsWith("Jwt issuer is not configured");
  }

  @Test
  void letsPoliciesReadClaims() throws Exception {
    ValueMatch admin = new ValueMatch.Text(StringMatch.exact("admin"));
    AccessCondition claim =
        new AccessCondition.Metadata(
            new MetadataMatch(
                JwtAuthentication.METADATA,
                List.of("payload", "scope"),
                new ValueMatch.Any(List.of(new ValueMatch.OneOf(admin), admin)),
                false));
    serve(
        Map.of("one", inline("me")),
        optional("one"),
        new HttpFilter.AccessControl(
            new Rbac(
                Optional.of(
                    new AccessRules(
                        AccessRules.Action.ALLOW,
                        Map.of(
                            "p",
                            new AccessPolicy(List.of(new AccessCondition.Any()), List.of(claim))))),
                Optional.empty(),
                "")));
    JwtClaims scoped = claims("me");
    scoped.setClaim("scope", "user admin");

    assertThat(bearing(token(scoped))).startsWith("HTTP/1.1 200");
    assertThat(bearing(token(claims("me")))).endsWith("RBAC: access denied");
    assertThat(ask("/x")).endsWith("RBAC: access denied");
  }

  private JwtProvider remote(Duration cache) {
    return provider(
        "me",
        new JwtProvider.Keys.Remote(
            "http://issuer.example/jwks", "issuer", Duration.ofSeconds(2), cache));
  }

  @Test
  void fetchesKeysOnceHoldingRequestsUntilTheyAreThere() throws Exception {
    serve(Map.of("one", remote(Duration.ofMinutes(5))), optional("one"));

    assertThat(ask("/x")).startsWith("HTTP/1.1 200");
    assertThat(fetches).hasValue(0);
    assertThat(bearing(token(claims("me")))).startsWith("HTTP/1.1 200");
    assertThat(bearing(token(claims("me")))).startsWith("HTTP/1.1 200");
    assertThat(bearing(sign(claims("me"), stranger, "ES256"))).endsWith("Jwt verification fails");
    assertThat(fetches).hasValue(1);
  }

  @Test
  void goesOnByTheOldKeysWhileTheIssuerIsAway() throws Exception {
    serve(Map.of("one", remote(Duration.ZERO)), optional("one"));
    assertThat(bearing(token(claims("me")))).startsWith("HTTP/1.1 200");

    served = "";
    Await.until(
        () -> {
          assertThat(bearing(token(claims("me")))).startsWith("HTTP/1.1 200");
          assertThat(fetches.get()).isGreaterThan(1);
        });
    assertThat(bearing(token(claims("me")))).startsWith("HTTP/1.1 200");
  }

  @Test
  void refusesTokensWhoseKeysCannotBeHad() throws Exception {
    served = "";
    serve(Map.of("one", remote(Duration.ofMinutes(5))), optional("one"));

    assertThat(bearing(token(claims("me")))).endsWith("Jwks remote fetch is failed");
    assertThat(bearing(token(claims("me")))).endsWith("Jwks remote fetch is failed");
    assertThat(fetches).hasValue(1);
  }

  @Test
  void letsPreflightsPassWithoutAToken() throws Exception {
    serve(Map.of("one", inline("me")), new JwtRequirement.Provided("one", List.of()));
    try (RawHttp raw = new RawHttp(server.address(TestMesh.IN))) {
      assertThat(
              raw.send(
                      "OPTIONS /x HTTP/1.1\r\nhost: a\r\norigin: http://o\r\n"
                          + "access-control-request-method: GET\r\nconnection: close\r\n\r\n")
                  .readToEnd())
          .startsWith("HTTP/1.1 200");
    }
  }
}
