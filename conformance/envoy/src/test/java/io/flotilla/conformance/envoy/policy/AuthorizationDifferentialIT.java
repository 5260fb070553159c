// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.api.security.AccessRule;
import io.flotilla.conformance.envoy.Ours;
import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.Discovery;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.model.listener.AccessLog;
import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.FilterChainMatch;
import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.listener.NetworkFilter;
import io.flotilla.model.listener.PathNormalization;
import io.flotilla.model.listener.TcpProxy;
import io.flotilla.model.listener.Terminal;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.policy.AccessRules;
import io.flotilla.model.policy.JwtAuthentication;
import io.flotilla.model.policy.JwtProvider;
import io.flotilla.model.policy.JwtRequirement;
import io.flotilla.model.policy.Rbac;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.snapshot.ProxySnapshot;
import io.flotilla.model.tls.CertificateRef;
import io.flotilla.model.tls.DownstreamTls;
import io.flotilla.model.tls.PeerValidation;
import io.flotilla.model.tls.TlsContext;
import io.flotilla.model.tls.TrustRef;
import io.flotilla.rules.policy.AccessControl;
import io.flotilla.rules.policy.AccessDecision;
import io.flotilla.rules.policy.AccessView;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jose4j.json.JsonUtil;
import org.jose4j.jwk.EcJwkGenerator;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.keys.EllipticCurves;
import org.jose4j.lang.JoseException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Upstream's AuthorizationPolicies, translated, decided by our rules and by a real Envoy on
 * generated requests. {@code -Dflotilla.policy.requests} says how many, {@code
 * -Dflotilla.policy.seed} which.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AuthorizationDifferentialIT {
  private static final String ENVOY = System.getProperty("flotilla.envoy", "");
  private static final int REQUESTS = Integer.getInteger("flotilla.policy.requests", 6000);
  private static final int A_CONNECTION = 12;

  private final List<String> differences = new ArrayList<>();
  private final Map<Long, String> expected = new HashMap<>();
  private Path folder;
  private PublicJsonWebKey key;
  private Identities identities;
  private List<PolicyFile> files;
  private ServerSocket echo;
  private StaticEnvoy envoy;
  private long number;

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    folder = temporary;
    assumeTrue(Files.isExecutable(Path.of(ENVOY)), "there is no Envoy at '" + ENVOY + "'");
    Path corpus = Path.of(System.getProperty("flotilla.corpus", ""), "authz");
    assumeTrue(Files.isDirectory(corpus), "the corpus of upstream's policies is not here");
    key = EcJwkGenerator.generateJwk(EllipticCurves.P256);
    key.setKeyId("k");
    identities = new Identities();
    identities.write(folder);
    files = PolicyFile.read(corpus);
    echo = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"));
    Thread.ofVirtual().start(this::serveEcho);
    envoy = new StaticEnvoy(ENVOY, folder, snapshot());
  }

  @AfterAll
  void stop() throws IOException {
    if (envoy != null) {
      envoy.close();
      echo.close();
    }
  }

  private void serveEcho() {
    while (!echo.isClosed()) {
      try {
        Socket client = echo.accept();
        Thread.ofVirtual()
            .start(
                () -> {
                  try (client) {
                    client.getInputStream().transferTo(client.getOutputStream());
                  } catch (IOException e) {
                    // The client went; so does its echo.
                  }
                });
      } catch (IOException e) {
        return;
      }
    }
  }

  // ---- what both are given ----

  private ProxySnapshot snapshot() {
    Map<String, Listener> listeners = new LinkedHashMap<>();
    for (PolicyFile file : files) {
      List<HttpFilter> filters = new ArrayList<>();
      filters.add(new HttpFilter.Jwt(tokens()));
      filters.addAll(file.http());
      filters.add(new HttpFilter.Router(false));
      add(listeners, listener(file.name(), List.of(), http(file.name(), filters)));
      add(
          listeners,
          listener(
              "tcp-" + file.name(),
              file.tcp(),
              new TcpProxy("tcp", new ClusterChoice.Single("echo"), Optional.empty(), List.of())));
    }
    Cluster cluster =
        Cluster.of(
            "echo",
            new Discovery.Static(
                ClusterLoadAssignment.of(
                    "echo", List.of(Endpoint.of("127.0.0.1", echo.getLocalPort())))));
    return new ProxySnapshot(1, listeners, Map.of(), Map.of("echo", cluster), Map.of(), Map.of());
  }

  private static void add(Map<String, Listener> listeners, Listener listener) {
    listeners.put(listener.name(), listener);
  }

  private JwtAuthentication tokens() {
    return new JwtAuthentication(
        Map.of(
            "any",
            new JwtProvider(
                "",
                List.of(),
                new JwtProvider.Keys.Inline(
                    new JsonWebKeySet(key).toJson(JsonWebKey.OutputControlLevel.PUBLIC_ONLY)),
                true,
                List.of(),
                List.of(),
                List.of(),
                "",
                false,
                "payload",
                List.of(),
                List.of(),
                false,
                JwtProvider.DEFAULT_SKEW)),
        List.of(
            new JwtAuthentication.Rule(
                new PathMatch.Prefix("/"),
                Optional.of(
                    new JwtRequirement.AnyOf(
                        List.of(
                            new JwtRequirement.Provided("any", List.of()),
                            new JwtRequirement.AllowMissing()))))),
        false);
  }

  private HttpConnectionManager http(String name, List<HttpFilter> filters) {
    HttpConnectionManager plain =
        Ours.always(name, new RouteAction.DirectResponse(200, "ok"), filters);
    return new HttpConnectionManager(
        plain.statPrefix(),
        HttpConnectionManager.Codec.HTTP1,
        plain.routes(),
        plain.filters(),
        false,
        0,
        plain.forwardClientCert(),
        false,
        "",
        PathNormalization.BASE,
        plain.streamIdleTimeout(),
        Duration.ZERO,
        Optional.empty(),
        60,
        List.of(),
        Optional.empty(),
        List.of(
            AccessLog.text(
                folder.resolve("access.log").toString(),
                "%REQ(X-CASE)% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS%\n")));
  }

  private Listener listener(String name, List<NetworkFilter> before, Terminal terminal) {
    DownstreamTls tls =
        new DownstreamTls(
            new TlsContext(
                Optional.of(
                    new CertificateRef.Files(
                        folder.resolve("server.pem").toString(),
                        folder.resolve("server.key").toString())),
                Optional.of(
                    new PeerValidation(
                        new TrustRef.File(folder.resolve("root.pem").toString()), List.of())),
                List.of(),
                TlsContext.Version.TLS_1_2,
                TlsContext.Version.TLS_1_3,
                List.of()),
            false);
    return new Listener(
        name,
        new SocketAddress("127.0.0.1", 0),
        List.of(),
        true,
        Listener.TrafficDirection.INBOUND,
        false,
        false,
        Set.of(Listener.Inspector.PROXY_PROTOCOL, Listener.Inspector.TLS),
        Duration.ofSeconds(5),
        false,
        List.of(
            new FilterChain("tls", by("tls"), Optional.of(tls), before, terminal),
            new FilterChain("plain", by("raw_buffer"), Optional.empty(), before, terminal)),
        Optional.empty(),
        List.of());
  }

  private static FilterChainMatch by(String transport) {
    return new FilterChainMatch(
        Optional.empty(), List.of(), List.of(), transport, List.of(), List.of());
  }

  // ---- how each decides ----

  private static Optional<AccessDecision> ours(List<AccessControl> controls, AccessView view) {
    return controls.stream()
        .map(c -> c.decide(view))
        .filter(decision -> !decision.allowed())
        .findFirst();
  }

  private static List<AccessControl> controls(List<Rbac> filters) {
    return filters.stream().flatMap(r -> r.rules().stream()).map(AccessControl::new).toList();
  }

  private static List<AccessControl> http(PolicyFile file) {
    return controls(file.http().stream().map(f -> ((HttpFilter.AccessControl) f).rbac()).toList());
  }

  private static List<AccessControl> tcp(PolicyFile file) {
    return controls(
        file.tcp().stream().map(f -> ((NetworkFilter.AccessControl) f).rbac()).toList());
  }

  private String token(Map<String, Object> claims) throws JoseException {
    if (claims.isEmpty()) {
      return "";
    }
    JsonWebSignature signature = new JsonWebSignature();
    signature.setPayload(JsonUtil.toJson(claims));
    signature.setKey(key.getPrivateKey());
    signature.setKeyIdHeaderValue("k");
    signature.setAlgorithmHeaderValue("ES256");
    return signature.getCompactSerialization();
  }

  /** Asks Envoy; how often it gave each status, and -1 what it would not take at all. */
  private Map<Integer, Integer> ask(
      Generator generator, PolicyFile file, List<AccessControl> controls, int requests)
      throws Exception {
    Map<Integer, Integer> statuses = new TreeMap<>();
    int left = requests;
    while (left > 0) {
      AccessRule rule = generator.rule(file.rules());
      Asked.Connection connection = generator.connection(rule);
      try (Client client = new Client(envoy.port(file.name()), connection, identities)) {
        for (int i = 0; i < A_CONNECTION && left > 0; i++, left--) {
          Asked.Http request = generator.http(rule);
          Asked asked = new Asked(connection, Optional.of(request));
          Optional<Integer> status = client.ask(request, token(request.claims()), ++number);
          if (status.isEmpty() || status.get() == 400) {
            statuses.merge(-1, 1, Integer::sum);
            break;
          }
          statuses.merge(status.get(), 1, Integer::sum);
          Optional<AccessDecision> denial = ours(controls, asked);
          int wanted = denial.isPresent() ? 403 : 200;
          if (status.get() != wanted) {
            differences.add(
                file.name() + ": Envoy " + status.get() + ", ours " + denial + ": " + asked);
          }
          denial.ifPresent(d -> expected.put(number, d.details()));
        }
      }
    }
    return statuses;
  }

  @Test
  void decidesRequestsAsEnvoyDoes() throws Exception {
    long seed = seed();
    Generator generator = new Generator(seed);
    Map<Integer, Integer> statuses = new TreeMap<>();
    int each = REQUESTS / files.size() + 1;
    for (PolicyFile file : files) {
      ask(generator, file, http(file), each).forEach((s, n) -> statuses.merge(s, n, Integer::sum));
    }
    System.out.println("policy requests, seed " + seed + ": " + statuses);
    assertThat(differences).as("seed " + seed).isEmpty();
    assertThat(statuses.getOrDefault(200, 0) + statuses.getOrDefault(403, 0))
        .isGreaterThan(REQUESTS * 5 / 6);
    assertThat(statuses.get(200)).isGreaterThan(REQUESTS / 20);
    assertThat(statuses.get(403)).isGreaterThan(REQUESTS / 20);
    assertSamePolicies();
  }

  /** Both name the same policy for each denial. */
  private void assertSamePolicies() throws IOException {
    Map<Long, String> told = new HashMap<>();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!told.keySet().containsAll(expected.keySet()) && System.nanoTime() < end) {
      LockSupport.parkNanos(20_000_000);
      told.clear();
      for (String line : Files.readAllLines(folder.resolve("access.log"))) {
        String[] words = line.split(" ", 3);
        if (words.length == 3 && words[1].equals("403")) {
          told.put(Long.parseLong(words[0]), words[2]);
        }
      }
    }
    List<String> other = new ArrayList<>();
    expected.forEach(
        (n, details) -> {
          if (!details.equals(told.get(n))) {
            other.add(n + ": Envoy " + told.get(n) + ", ours " + details);
          }
        });
    assertThat(other).isEmpty();
  }

  @Test
  void decidesConnectionsAsEnvoyDoes() throws Exception {
    long seed = seed();
    Generator generator = new Generator(seed);
    int[] counts = new int[2];
    List<String> found = new ArrayList<>();
    int each = Math.max(5, REQUESTS / files.size() / 10);
    for (PolicyFile file : files) {
      List<AccessControl> controls = tcp(file);
      for (int i = 0; i < each; i++) {
        Asked.Connection connection = generator.connection(generator.rule(file.rules()));
        boolean echoed;
        try (Client client = new Client(envoy.port("tcp-" + file.name()), connection, identities)) {
          echoed = client.echoes();
        }
        Optional<AccessDecision> denial = ours(controls, new Asked(connection, Optional.empty()));
        counts[echoed ? 1 : 0]++;
        if (echoed == denial.isPresent()) {
          found.add(file.name() + ": Envoy " + echoed + ", ours " + denial + ": " + connection);
        }
      }
    }
    System.out.println(
        "policy connections, seed " + seed + ": " + counts[1] + " pass, " + counts[0] + " end");
    assertThat(found).as("seed " + seed).isEmpty();
    assertThat(counts[0]).isPositive();
    assertThat(counts[1]).isPositive();
  }

  @Test
  void wouldFindADifference() throws Exception {
    PolicyFile file =
        files.stream()
            .filter(f -> f.name().contains("multiple-policies"))
            .findFirst()
            .orElseThrow();
    List<AccessControl> flipped =
        file.http().stream()
            .map(f -> ((HttpFilter.AccessControl) f).rbac().rules().orElseThrow())
            .map(r -> new AccessControl(new AccessRules(AccessRules.Action.DENY, r.policies())))
            .toList();
    List<String> before = List.copyOf(differences);
    ask(new Generator(1), file, flipped, 100);

    assertThat(differences).hasSizeGreaterThan(before.size() + 50);
    differences.clear();
    differences.addAll(before);
    expected.clear();
  }

  private static long seed() {
    long told = Long.getLong("flotilla.policy.seed", 0);
    return told == 0 ? System.nanoTime() : told;
  }
}
