// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.conformance.envoy.Ours;
import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.policy.JwtAuthentication;
import io.flotilla.model.policy.JwtProvider;
import io.flotilla.model.policy.JwtRequirement;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.snapshot.ProxySnapshot;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jose4j.json.JsonUtil;
import org.jose4j.jwk.EcJwkGenerator;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jwk.RsaJwkGenerator;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.keys.EllipticCurves;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Good and bad tokens, to our engine and to a real Envoy: the same answer in the same words, and
 * the application is told the same.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TokenDifferentialIT {
  private static final Set<String> TOLD =
      Set.of(
          "x-payload",
          "x-padded",
          "x-sub",
          "x-deep",
          "x-list",
          "x-flag",
          "authorization",
          "x-jwt",
          "cookie");

  private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: (\\d+)");

  private PublicJsonWebKey ec;
  private PublicJsonWebKey rsa;
  private PublicJsonWebKey stranger;
  private Application application;
  private Pair sides;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    Pair.assumeEnvoy();
    ec = EcJwkGenerator.generateJwk(EllipticCurves.P256);
    ec.setKeyId("ec");
    rsa = RsaJwkGenerator.generateJwk(2048);
    rsa.setKeyId("rsa");
    stranger = EcJwkGenerator.generateJwk(EllipticCurves.P256);
    stranger.setKeyId("ec");
    application =
        new Application(TOLD::contains, (exchange, told) -> exchange.getRequestURI() + " " + told);
    sides = new Pair(folder, snapshot());
  }

  @AfterAll
  void stop() {
    if (sides != null) {
      sides.close();
      application.close();
    }
  }

  private ProxySnapshot snapshot() {
    JwtRequirement one = new JwtRequirement.Provided("one", List.of());
    JwtRequirement two = new JwtRequirement.Provided("two", List.of());
    JwtRequirement missing = new JwtRequirement.AllowMissing();
    Map<String, Listener> listeners = new LinkedHashMap<>();
    add(listeners, "required", one);
    add(listeners, "optional", new JwtRequirement.AnyOf(List.of(one, missing)));
    add(
        listeners,
        "several",
        new JwtRequirement.AnyOf(
            List.of(
                one,
                two,
                new JwtRequirement.AllOf(
                    List.of(
                        new JwtRequirement.AnyOf(List.of(one, missing)),
                        new JwtRequirement.AnyOf(List.of(two, missing)))))));
    add(listeners, "audience", new JwtRequirement.Provided("one", List.of("shop.example")));
    add(
        listeners,
        "failed",
        new JwtRequirement.AnyOf(List.of(one, new JwtRequirement.AllowMissingOrFailed())));
    add(listeners, "both", new JwtRequirement.AllOf(List.of(one, two)));
    Cluster app = Clusters.fixed("app", application.port());
    return new ProxySnapshot(1, listeners, Map.of(), Map.of("app", app), Map.of(), Map.of());
  }

  private void add(Map<String, Listener> listeners, String name, JwtRequirement wanted) {
    JwtProvider.Keys keys =
        new JwtProvider.Keys.Inline(
            new JsonWebKeySet(ec, rsa).toJson(JsonWebKey.OutputControlLevel.PUBLIC_ONLY));
    JwtProvider one =
        new JwtProvider(
            "me",
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
                new JwtProvider.ClaimHeader("x-deep", "a.b"),
                new JwtProvider.ClaimHeader("x-list", "list"),
                new JwtProvider.ClaimHeader("x-flag", "flag")),
            false,
            JwtProvider.DEFAULT_SKEW);
    JwtProvider two =
        new JwtProvider(
            "you",
            List.of("a1"),
            keys,
            true,
            List.of(new JwtProvider.FromHeader("x-jwt", "Token ")),
            List.of("t"),
            List.of("session"),
            "x-padded",
            true,
            "payload",
            List.of(),
            List.of(),
            false,
            JwtProvider.DEFAULT_SKEW);
    List<HttpFilter> filters =
        List.of(
            new HttpFilter.Jwt(
                new JwtAuthentication(
                    Map.of("one", one, "two", two),
                    List.of(
                        new JwtAuthentication.Rule(new PathMatch.Exact("/free"), Optional.empty()),
                        new JwtAuthentication.Rule(new PathMatch.Prefix("/"), Optional.of(wanted))),
                    true)),
            new HttpFilter.Router(false));
    listeners.put(
        name,
        Listener.of(
            name,
            new SocketAddress("127.0.0.1", 0),
            Listener.TrafficDirection.INBOUND,
            FilterChain.plain("all", Ours.always(name, RouteAction.Forward.to("app"), filters))));
  }

  private static Map<String, Object> claims(Object... more) {
    Map<String, Object> out = new LinkedHashMap<>();
    out.put("iss", "me");
    out.put("sub", "alice");
    out.put("exp", Instant.now().getEpochSecond() + 300);
    for (int i = 0; i < more.length; i += 2) {
      out.put((String) more[i], more[i + 1]);
    }
    return out;
  }

  private static String sign(Map<String, Object> claims, PublicJsonWebKey key, String algorithm)
      throws Exception {
    return sign(JsonUtil.toJson(claims), key, algorithm);
  }

  private static String sign(String payload, PublicJsonWebKey key, String algorithm)
      throws Exception {
    JsonWebSignature signature = new JsonWebSignature();
    signature.setPayload(payload);
    signature.setKey(key.getPrivateKey());
    if (key.getKeyId() != null) {
      signature.setKeyIdHeaderValue(key.getKeyId());
    }
    signature.setAlgorithmHeaderValue(algorithm);
    return signature.getCompactSerialization();
  }

  private String good(Object... more) throws Exception {
    return sign(claims(more), ec, "ES256");
  }

  private static String encode(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Headers and a target, by what they are about. */
  private Map<String, String> requests() throws Exception {
    long now = Instant.now().getEpochSecond();
    String token = good();
    String[] parts = token.split("\\.");
    Map<String, String> tokens = new LinkedHashMap<>();
    tokens.put("good", token);
    tokens.put("rsa", sign(claims(), rsa, "RS256"));
    tokens.put("rsa 512", sign(claims(), rsa, "RS512"));
    tokens.put("pss", sign(claims(), rsa, "PS256"));
    tokens.put("claims", good("a", Map.of("b", 7), "list", List.of("x", "y"), "flag", true));
    tokens.put("numbers", good("sub", "s", "a", Map.of("b", "text"), "list", 3, "flag", false));
    tokens.put("expired", good("exp", now - 100));
    tokens.put("just expired", good("exp", now - 30));
    tokens.put("early", good("nbf", now + 100));
    tokens.put("nearly early", good("nbf", now + 30));
    tokens.put("no expiry", sign(Map.of("iss", "me", "sub", "s"), ec, "ES256"));
    tokens.put("other issuer", good("iss", "them"));
    tokens.put("second issuer", good("iss", "you", "aud", "a1"));
    tokens.put("second issuer, no audience", good("iss", "you"));
    tokens.put("no issuer", sign(Map.of("sub", "s"), ec, "ES256"));
    tokens.put("audience", good("aud", "shop.example"));
    tokens.put("audiences", good("aud", List.of("bank", "https://shop.example/")));
    tokens.put("wrong audience", good("aud", "bank"));
    tokens.put("strange key", sign(claims(), stranger, "ES256"));
    tokens.put("cut signature", token.substring(0, token.length() - 10));
    tokens.put("other signature", parts[0] + "." + parts[1] + "." + encode("x".repeat(64)));
    tokens.put(
        "changed payload",
        parts[0] + "." + encode(JsonUtil.toJson(claims("sub", "root"))) + "." + parts[2]);
    tokens.put("none", encode("{\"alg\":\"none\"}") + "." + parts[1] + ".");
    tokens.put("no algorithm", encode("{}") + "." + parts[1] + "." + parts[2]);
    tokens.put("algorithm as number", encode("{\"alg\":1}") + "." + parts[1] + "." + parts[2]);
    tokens.put("unknown algorithm", encode("{\"alg\":\"XX\"}") + "." + parts[1] + "." + parts[2]);
    tokens.put(
        "key as number", encode("{\"alg\":\"ES256\",\"kid\":1}") + "." + parts[1] + "." + parts[2]);
    tokens.put(
        "unknown key",
        encode("{\"alg\":\"ES256\",\"kid\":\"zz\"}") + "." + parts[1] + "." + parts[2]);
    tokens.put(
        "confused", encode("{\"alg\":\"RS256\",\"kid\":\"ec\"}") + "." + parts[1] + "." + parts[2]);
    tokens.put("header no JSON", encode("{") + "." + parts[1] + "." + parts[2]);
    tokens.put("payload no JSON", parts[0] + "." + encode("{") + "." + parts[2]);
    tokens.put("two parts", "a.b");
    tokens.put("one part", "abc");
    tokens.put("four parts", token + ".x");
    tokens.put("empty parts", "..");
    tokens.put("issuer as number", sign("{\"iss\":1}", ec, "ES256"));
    tokens.put("expiry as text", sign("{\"iss\":\"me\",\"exp\":\"x\"}", ec, "ES256"));
    tokens.put("audience as number", sign("{\"iss\":\"me\",\"aud\":1}", ec, "ES256"));
    Map<String, String> out = new LinkedHashMap<>();
    tokens.forEach(
        (name, t) -> {
          out.put(name + " in header", "GET /x?k=v HTTP/1.1\r\nauthorization: Bearer " + t);
          out.put(name + " in query", "GET /x?a=1&access_token=" + t + "&b=2 HTTP/1.1");
          out.put(name + " in own header", "GET /x HTTP/1.1\r\nx-jwt: Token " + t);
          out.put(name + " in own parameter", "GET /x?t=" + t + " HTTP/1.1");
          out.put(name + " in cookie", "GET /x HTTP/1.1\r\ncookie: a=b; session=" + t);
        });
    String you = good("iss", "you", "aud", "a1");
    out.put("nothing", "GET /x HTTP/1.1");
    out.put("free", "GET /free HTTP/1.1");
    out.put(
        "made up", "GET /x HTTP/1.1\r\nx-sub: root\r\nx-payload: p\r\nx-padded: q\r\nx-deep: 1");
    out.put("basic", "GET /x HTTP/1.1\r\nauthorization: Basic abc");
    out.put("lower case", "GET /x HTTP/1.1\r\nauthorization: bearer " + token);
    out.put(
        "both", "GET /x HTTP/1.1\r\nauthorization: Bearer " + token + "\r\nx-jwt: Token " + you);
    out.put(
        "both, one bad",
        "GET /x HTTP/1.1\r\nauthorization: Bearer " + token + "\r\nx-jwt: Token a.b");
    out.put(
        "two good", "GET /x?access_token=" + token + " HTTP/1.1\r\nauthorization: Bearer " + token);
    out.put("good and bad", "GET /x?access_token=a.b.c HTTP/1.1\r\nauthorization: Bearer " + token);
    out.put(
        "bad and good",
        "GET /x?access_token=" + token + " HTTP/1.1\r\nauthorization: Bearer a.b.c");
    out.put(
        "repeated",
        "GET /x HTTP/1.1\r\nauthorization: Bearer " + token + "\r\nauthorization: Bearer a.b.c");
    out.put(
        "preflight",
        "OPTIONS /x HTTP/1.1\r\norigin: http://o\r\naccess-control-request-method: GET");
    return out;
  }

  /** Status, challenge and body. */
  private static String ask(int port, String request) throws IOException {
    try (Socket socket = new Socket()) {
      socket.setSoTimeout(5_000);
      socket.connect(new InetSocketAddress("127.0.0.1", port), 2_000);
      socket
          .getOutputStream()
          .write(
              (request + "\r\nhost: a.test\r\nconnection: close\r\n\r\n")
                  .getBytes(StandardCharsets.ISO_8859_1));
      // By its length: Envoy keeps a connection for a second after an answer of its own.
      InputStream in = new BufferedInputStream(socket.getInputStream());
      StringBuilder all = new StringBuilder();
      int body = -1;
      int end = Integer.MAX_VALUE;
      while (all.length() < end) {
        int c = in.read();
        if (c < 0) {
          break;
        }
        all.append((char) c);
        if (body < 0 && c == '\n' && all.indexOf("\r\n\r\n") >= 0) {
          body = all.length();
          Matcher length = LENGTH.matcher(all);
          end = body + (length.find() ? Integer.parseInt(length.group(1)) : 0);
        }
      }
      String status = all.substring(9, 12);
      String challenge =
          all.toString()
              .lines()
              .filter(l -> l.toLowerCase(java.util.Locale.ROOT).startsWith("www-authenticate"))
              .findFirst()
              .orElse("");
      return status + " " + challenge + " " + all.substring(body);
    }
  }

  @Test
  void judgesTokensAsEnvoyDoesInTheSameWords() throws Exception {
    List<String> differences = new ArrayList<>();
    int asked = 0;
    for (Map.Entry<String, String> each : requests().entrySet()) {
      for (String listener :
          List.of("required", "optional", "several", "audience", "failed", "both")) {
        String theirs = ask(sides.theirs(listener), each.getValue());
        String mine = ask(sides.ours(listener), each.getValue());
        asked++;
        if (!theirs.equals(mine)) {
          differences.add(
              listener + ", " + each.getKey() + ":\n  Envoy " + theirs + "\n  ours  " + mine);
        }
      }
    }
    System.out.println(asked + " requests with tokens");
    assertThat(differences).isEmpty();
  }
}
