// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.conformance.envoy.Ours;
import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.FilterChainMatch;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.listener.NetworkFilter;
import io.flotilla.model.listener.TcpProxy;
import io.flotilla.model.match.HeaderMatch;
import io.flotilla.model.match.Percentage;
import io.flotilla.model.match.QueryMatch;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.policy.FilterOverride;
import io.flotilla.model.policy.LocalRateLimit;
import io.flotilla.model.policy.LocalRateLimit.VirtualHostRules;
import io.flotilla.model.policy.RateLimitRule;
import io.flotilla.model.policy.RateLimitRule.Action;
import io.flotilla.model.policy.RateLimitRule.Entry;
import io.flotilla.model.policy.TokenBucket;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.Route;
import io.flotilla.model.snapshot.ProxySnapshot;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same requests, in the same order, to our engine and to a real Envoy with the same limits: the
 * same ones pass, and the others are refused in the same words.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LocalRateLimitIT {
  private static final String NAME = HttpFilter.LocalRate.NAME;
  // So slow that nothing comes back while the test runs.
  private static final Duration SLOW = Duration.ofHours(10);

  private Application application;
  private Pair sides;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    Pair.assumeEnvoy();
    application =
        new Application(name -> name.startsWith("x-over"), (exchange, told) -> told.toString());
    sides = new Pair(folder, snapshot());
  }

  @AfterAll
  void stop() {
    if (sides != null) {
      sides.close();
      application.close();
    }
  }

  private static Optional<TokenBucket> tokens(int most) {
    return Optional.of(new TokenBucket(most, 1, SLOW));
  }

  private static LocalRateLimit limit(
      String prefix,
      Optional<TokenBucket> bucket,
      Percentage enforced,
      List<LocalRateLimit.Limit> limits,
      boolean perConnection,
      boolean always,
      List<RateLimitRule> rules) {
    return new LocalRateLimit(
        prefix,
        prefix.equals("status") ? 503 : 429,
        bucket,
        Percentage.ALL,
        enforced,
        List.of(new LocalRateLimit.Header("x-over", "yes", true)),
        List.of(
            new LocalRateLimit.Header("x-limited", "a", true),
            new LocalRateLimit.Header("x-limited", "b", true)),
        limits,
        0,
        perConnection,
        true,
        always,
        prefix.equals("status"),
        VirtualHostRules.WITHOUT_ROUTES,
        rules);
  }

  private static LocalRateLimit plain(String prefix, int most) {
    return limit(prefix, tokens(most), Percentage.ALL, List.of(), false, true, List.of());
  }

  private static LocalRateLimit.Limit of(int most, String... entries) {
    List<Entry> descriptor = new ArrayList<>();
    for (int i = 0; i < entries.length; i += 2) {
      descriptor.add(new Entry(entries[i], entries[i + 1]));
    }
    return new LocalRateLimit.Limit(descriptor, new TokenBucket(most, 1, SLOW));
  }

  private static final List<RateLimitRule> RULES =
      List.of(
          new RateLimitRule(0, List.of(new Action.Header("x-user", "user", false))),
          new RateLimitRule(
              0,
              List.of(
                  new Action.Generic("", "all"),
                  new Action.Query("k", "query", false),
                  new Action.HeaderValues(
                      "", "mobile", true, List.of(HeaderMatch.present("x-mobile"))))),
          new RateLimitRule(
              0,
              List.of(
                  new Action.QueryValues(
                      "",
                      "q",
                      false,
                      List.of(new QueryMatch("open", Optional.of(StringMatch.exact("1"))))),
                  new Action.Header("x-tenant", "tenant", false))),
          new RateLimitRule(
              0, List.of(new Action.DestinationCluster(), new Action.Header("x-dest", "d", false))),
          new RateLimitRule(
              0, List.of(new Action.RemoteAddress(), new Action.Header("x-addr", "a", false))),
          new RateLimitRule(
              0,
              List.of(
                  new Action.MaskedRemoteAddress(8, 64), new Action.Header("x-net", "n", false))),
          new RateLimitRule(3, List.of(new Action.Generic("", "other stage"))));

  private static final List<LocalRateLimit.Limit> LIMITS =
      List.of(
          of(1, "user", "alice"),
          of(2, "user", "bob"),
          of(1, "generic_key", "all", "query", "v", "header_match", "mobile"),
          of(1, "query_match", "q", "tenant", "t"),
          of(1, "destination_cluster", "app", "d", "1"),
          of(1, "remote_address", "127.0.0.1", "a", "1"),
          of(1, "masked_remote_address", "127.0.0.0/8", "n", "1"),
          of(1, "generic_key", "other stage"));

  private ProxySnapshot snapshot() {
    Map<String, Listener> listeners = new LinkedHashMap<>();
    add(listeners, "plain", plain("plain", 3));
    add(listeners, "status", plain("status", 1));
    add(
        listeners,
        "shadow",
        limit("shadow", tokens(1), Percentage.NONE, List.of(), false, true, List.of()));
    add(
        listeners,
        "connection",
        limit("connection", tokens(1), Percentage.ALL, List.of(), true, true, List.of()));
    add(
        listeners,
        "routes",
        limit("routes", tokens(1000), Percentage.ALL, LIMITS, false, true, List.of()));
    add(
        listeners,
        "own",
        limit("own", tokens(1), Percentage.ALL, LIMITS, false, false, RULES.subList(0, 1)));
    listeners.put("tcp", tcp("tcp", ""));
    Map<String, Cluster> clusters = Map.of("app", Clusters.fixed("app", application.port()));
    return new ProxySnapshot(1, listeners, Map.of(), clusters, Map.of(), Map.of());
  }

  private static Listener tcp(String name, String key) {
    return Listener.of(
        name,
        new SocketAddress("127.0.0.1", 0),
        Listener.TrafficDirection.INBOUND,
        new FilterChain(
            "all",
            FilterChainMatch.ANY,
            Optional.empty(),
            List.of(new NetworkFilter.LocalRate(name, new TokenBucket(2, 1, SLOW), true, key)),
            new TcpProxy("tcp", new ClusterChoice.Single("app"), Optional.empty(), List.of())));
  }

  private static void add(Map<String, Listener> listeners, String name, LocalRateLimit limit) {
    List<Route> routes =
        List.of(
            Limited.at("/off", Map.of(NAME, new FilterOverride.Off()), List.of()),
            Limited.at(
                "/one", Map.of(NAME, new FilterOverride.LocalRate(plain("route", 1))), List.of()),
            Limited.at(
                "/two", Map.of(NAME, new FilterOverride.LocalRate(plain("route", 1))), List.of()),
            Limited.at("/host", Map.of(), List.of()),
            Limited.at("/", Map.of(), RULES));
    RateLimitRule host = new RateLimitRule(0, List.of(new Action.Header("x-host", "user", false)));
    listeners.put(
        name, Limited.listener(name, routes, host, new HttpFilter.LocalRate(NAME, limit)));
  }

  /** What both answer, one after the other. */
  private List<String> compare(String listener, String... heads) throws Exception {
    List<List<String>> seen = new ArrayList<>();
    for (int port : sides.ports(listener)) {
      List<String> answers = new ArrayList<>();
      for (String head : heads) {
        answers.add(
            head
                + " -> "
                + PlainHttp.normal(PlainHttp.exchange(port, head + "\r\nhost: a\r\n\r\n")));
      }
      seen.add(answers);
    }
    assertThat(seen.getLast()).isEqualTo(seen.getFirst());
    return seen.getLast();
  }

  private static final String GET = "GET / HTTP/1.1";

  @Test
  void refusesWhatIsTooMuchAndTellsWhatIsLeft() throws Exception {
    List<String> seen = compare("plain", GET, GET, GET, GET, GET, "GET /off HTTP/1.1");

    assertThat(seen.get(0)).contains("HTTP/1.1 200", "x-ratelimit-remaining: 2");
    assertThat(seen.get(2)).contains("HTTP/1.1 200", "x-ratelimit-remaining: 0");
    assertThat(seen.get(3)).contains("HTTP/1.1 429", "x-limited: a", "local_rate_limited");
    assertThat(seen.get(5)).contains("HTTP/1.1 200");
  }

  @Test
  void refusesByTheStatusThatIsConfigured() throws Exception {
    String grpc = "POST / HTTP/1.1\r\ncontent-length: 0\r\ncontent-type: application/grpc";
    List<String> seen = compare("status", GET, GET, grpc);

    assertThat(seen.get(1)).contains("HTTP/1.1 503");
    assertThat(seen.get(2)).contains("grpc-status: 8");
  }

  @Test
  void letsPassAndMarksWhatIsNotEnforced() throws Exception {
    assertThat(compare("shadow", GET, GET).get(1))
        .contains("HTTP/1.1 200")
        .contains("{x-over=yes}");
  }

  @Test
  void countsEachConnectionByItself() throws Exception {
    assertThat(compare("connection", GET, GET).get(1)).contains("HTTP/1.1 200");
  }

  @Test
  void givesRoutesBucketsOfTheirOwn() throws Exception {
    List<String> seen =
        compare("plain", "GET /one HTTP/1.1", "GET /one HTTP/1.1", "GET /two HTTP/1.1");

    assertThat(seen.get(1)).contains("HTTP/1.1 429");
    assertThat(seen.get(2)).contains("HTTP/1.1 200");
  }

  @Test
  void tellsRequestsApartByTheRulesOfTheirRoute() throws Exception {
    List<String> heads = new ArrayList<>();
    for (String each :
        List.of(
            GET + "\r\nx-user: alice",
            GET + "\r\nx-user: bob",
            GET + "\r\nx-user: carol",
            "GET /?k=v HTTP/1.1\r\nx-mobile: 1",
            "GET /?k=w HTTP/1.1\r\nx-mobile: 1",
            "GET /?k=v HTTP/1.1",
            GET + "\r\nx-tenant: t",
            "GET /?open=1 HTTP/1.1\r\nx-tenant: t",
            GET + "\r\nx-dest: 1",
            GET + "\r\nx-addr: 1",
            GET + "\r\nx-net: 1",
            "GET /host HTTP/1.1\r\nx-host: alice",
            "GET /host HTTP/1.1\r\nx-user: bob")) {
      heads.addAll(List.of(each, each, each));
    }

    List<String> seen = compare("routes", heads.toArray(String[]::new));

    assertThat(seen.stream().filter(s -> s.contains("HTTP/1.1 429")).count()).isGreaterThan(12);
  }

  @Test
  void takesItsOwnRulesAndSparesTheCommonBucket() throws Exception {
    String bob = GET + "\r\nx-user: bob";
    List<String> seen = compare("own", bob, bob, GET, bob, GET);

    assertThat(seen.get(1)).contains("HTTP/1.1 200");
    assertThat(seen.get(2)).contains("HTTP/1.1 200");
    assertThat(seen.get(3)).contains("HTTP/1.1 429");
  }

  @Test
  void closesConnectionsBeyondTheLimit() throws Exception {
    List<String> seen = new ArrayList<>();
    for (int port : sides.ports("tcp")) {
      StringBuilder all = new StringBuilder();
      for (int i = 0; i < 3; i++) {
        String answer = PlainHttp.exchange(port, GET + "\r\nhost: a\r\n\r\n");
        all.append(answer.startsWith("HTTP/1.1 200") ? "passes " : "closed ");
      }
      seen.add(all.toString());
    }

    assertThat(seen).containsExactly("passes passes closed ", "passes passes closed ");
    assertThat(Ours.statistics(sides.engine(), "local_rate_limit.tcp"))
        .isEqualTo(sides.envoy().statistics("local_rate_limit.tcp"))
        .containsEntry("local_rate_limit.tcp.rate_limited", 1L);
  }

  @Test
  void countsWhatEnvoyCounts() throws Exception {
    compare("status", GET);
    assertThat(Ours.statistics(sides.engine(), "http_local_rate_limit."))
        .isEqualTo(sides.envoy().statistics("http_local_rate_limit."))
        .isNotEmpty();
  }

  @Test
  void keepsItsCountWhenTheConfigurationIsAnotherElsewhere() throws Exception {
    int port = sides.ours("routes");
    String dora = "GET /one HTTP/1.1\r\nhost: a\r\n\r\n";
    PlainHttp.exchange(port, dora);
    ProxySnapshot now = sides.engine().snapshot();
    Map<String, Listener> more = new LinkedHashMap<>(now.listeners());
    more.put("more", tcp("more", "key"));

    sides
        .engine()
        .apply(
            new ProxySnapshot(
                now.revision() + 1,
                more,
                now.routes(),
                now.clusters(),
                now.endpoints(),
                now.secrets()))
        .join();

    assertThat(PlainHttp.exchange(port, dora)).startsWith("HTTP/1.1 429");
  }
}
