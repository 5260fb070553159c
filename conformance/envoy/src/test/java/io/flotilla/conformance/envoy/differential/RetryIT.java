// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.Discovery;
import io.flotilla.model.cluster.LoadBalancing;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.model.endpoint.Locality;
import io.flotilla.model.endpoint.LocalityEndpoints;
import io.flotilla.model.match.HeaderMatch;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.HostRewrite;
import io.flotilla.model.route.RetryDetails;
import io.flotilla.model.route.RetryDetails.RateLimited;
import io.flotilla.model.route.RetryDetails.ResetHeader;
import io.flotilla.model.route.RetryPolicy;
import io.flotilla.model.route.RetryPolicy.Condition;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.model.route.VirtualHost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which requests are tried again, when, and at which endpoints, beside Envoy. */
class RetryIT {
  private static final String ENVOY = System.getProperty("flotilla.envoy", "");
  private static final RetryDetails NONE = RetryDetails.NONE;
  private static final ResetHeader RETRY_AFTER = new ResetHeader("retry-after", false);
  private static final ResetHeader RESET = new ResetHeader("x-ratelimit-reset", true);

  private static @TempDir Path folder;
  private static Suite suite;

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of(ENVOY)),
        "there is no Envoy at '" + ENVOY + "'; conformance/install.sh installs one");
    suite = new Suite(ENVOY, folder);
    Map<String, Cluster> clusters = new LinkedHashMap<>();
    clusters.put("three", cluster("three", List.of(List.of(0, 1, 2))));
    clusters.put("levels", cluster("levels", List.of(List.of(3, 4), List.of(5, 6))));
    List<Route> routes = new ArrayList<>();
    policies()
        .forEach(
            (name, policy) ->
                routes.add(
                    Route.of(
                        name,
                        RouteMatch.of(new PathMatch.Exact("/" + name)),
                        forward(name.startsWith("shun") ? "levels" : "three", policy))));
    suite.apply(
        RouteConfiguration.of("routes", List.of(VirtualHost.of("all", List.of("*"), routes))),
        clusters);
  }

  @AfterAll
  static void stop() throws Exception {
    if (suite != null) {
      suite.close();
    }
  }

  private static Map<String, RetryPolicy> policies() {
    Map<String, RetryPolicy> all = new LinkedHashMap<>();
    all.put("previous", policy(true, NONE, Condition.FIVE_XX));
    all.put("canary", policy(false, details(true, Map.of(), 0), Condition.FIVE_XX));
    all.put(
        "metadata", policy(false, details(false, Map.of("stage", "test"), 0), Condition.FIVE_XX));
    all.put("shun-each", policy(false, details(false, Map.of(), 1), Condition.FIVE_XX));
    all.put("shun-second", policy(false, details(false, Map.of(), 2), Condition.FIVE_XX));
    all.put("shun-never", policy(false, NONE, Condition.FIVE_XX));
    all.put(
        "asked",
        policy(
            false,
            new RetryDetails(
                false,
                Map.of(),
                0,
                List.of(HeaderMatch.of("x-again", StringMatch.exact("yes"))),
                List.of(),
                Optional.empty(),
                Optional.empty()),
            Condition.FIVE_XX));
    all.put(
        "answered",
        policy(
            false,
            new RetryDetails(
                false,
                Map.of(),
                0,
                List.of(),
                List.of(HeaderMatch.of("x-retry", StringMatch.prefix("ye"))),
                Optional.empty(),
                Optional.empty()),
            Condition.RETRIABLE_HEADERS));
    all.put("limited-long", limited(List.of(RETRY_AFTER, RESET), Duration.ofSeconds(5)));
    all.put("limited-short", limited(List.of(RETRY_AFTER), Duration.ofMillis(500)));
    all.put("rate", policy(false, NONE, Condition.FIVE_XX));
    all.put("rate-wanted", policy(false, NONE, Condition.ENVOY_RATELIMITED));
    all.put("before", policy(false, NONE, Condition.RESET_BEFORE_REQUEST));
    all.put("reset", policy(false, NONE, Condition.RESET));
    all.put(
        "silent",
        policy(
            false,
            new RetryDetails(
                false,
                Map.of(),
                0,
                List.of(),
                List.of(),
                Optional.empty(),
                Optional.of(Duration.ofMillis(250))),
            Condition.FIVE_XX));
    return all;
  }

  private static RetryDetails details(
      boolean canaries, Map<String, Object> metadata, int priorities) {
    return new RetryDetails(
        canaries, metadata, priorities, List.of(), List.of(), Optional.empty(), Optional.empty());
  }

  private static RetryPolicy limited(List<ResetHeader> headers, Duration longest) {
    return policy(
        false,
        new RetryDetails(
            false,
            Map.of(),
            0,
            List.of(),
            List.of(),
            Optional.of(new RateLimited(headers, longest)),
            Optional.empty()),
        Condition.FIVE_XX);
  }

  private static RetryPolicy policy(boolean previous, RetryDetails details, Condition on) {
    return new RetryPolicy(
        Set.of(on),
        Set.of(),
        5,
        Optional.empty(),
        Duration.ofMillis(1),
        Duration.ofMillis(2),
        previous,
        20,
        details);
  }

  private static Cluster cluster(String name, List<List<Integer>> priorities) {
    List<LocalityEndpoints> levels = new ArrayList<>();
    for (int i = 0; i < priorities.size(); i++) {
      List<Endpoint> hosts = new ArrayList<>();
      for (int backend : priorities.get(i)) {
        hosts.add(
            Endpoint.of("127.0.0.1", suite.backends().port(backend))
                .with(
                    switch (backend) {
                      case 0 -> Map.of("canary", true);
                      case 1 -> Map.of("stage", "test", "more", 1.0);
                      default -> Map.of("stage", "prod");
                    }));
      }
      levels.add(new LocalityEndpoints(Locality.NONE, i, 1, hosts));
    }
    return World.balanced(
        Cluster.of(name, new Discovery.Static(new ClusterLoadAssignment(name, levels))),
        LoadBalancing.RANDOM);
  }

  private static RouteAction.Forward forward(String cluster, RetryPolicy policy) {
    return new RouteAction.Forward(
        new ClusterChoice.Single(cluster),
        Optional.of(Duration.ofSeconds(10)),
        Optional.empty(),
        Optional.empty(),
        Optional.of(policy),
        Optional.empty(),
        new HostRewrite.Keep(),
        List.of(),
        List.of(),
        List.of());
  }

  private static Wire.Request request(String path, String script, Wire.Field... more) {
    return new Wire.Request(
        // Sent again by our side alone where its connection was stale, were it a GET.
        script.contains("reset") ? "POST" : "GET",
        "/" + path,
        Stream.concat(
                Stream.of(new Wire.Field("Host", "h.test"), new Wire.Field("x-do", script)),
                Stream.of(more))
            .toList(),
        "");
  }

  private static Wire.Field says(String header) {
    return new Wire.Field("x-answer", header);
  }

  private static List<Integer> backends(Observation side) {
    return side.attempts().stream().map(Backends.Seen::backend).toList();
  }

  /** Sends many of one kind; both sides must end alike, after as many attempts. */
  private static List<Suite.Pair> alike(int attempts, int status, Wire.Request request)
      throws Exception {
    List<Wire.Request> all = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      all.add(request);
    }
    List<Suite.Pair> pairs = suite.send(all);
    for (Suite.Pair pair : pairs) {
      // Where it went, chance decides.
      assertThat(pair.differences())
          .as(request.toString())
          .allMatch(d -> d.matches("(?s)(body|endpoint|backend).*"));
      for (Observation side : List.of(pair.envoy(), pair.ours())) {
        assertThat(side.answer().status()).as(request.toString()).isEqualTo(status);
        assertThat(side.attempts()).as(request.toString()).hasSize(attempts);
      }
    }
    return pairs;
  }

  @Test
  void triesOtherEndpoints() throws Exception {
    for (Suite.Pair pair : alike(3, 200, request("previous", "503,503,200"))) {
      assertThat(backends(pair.envoy())).doesNotHaveDuplicates();
      assertThat(backends(pair.ours())).doesNotHaveDuplicates();
    }
    for (Suite.Pair pair : alike(4, 200, request("canary", "503,503,503,200"))) {
      assertThat(backends(pair.envoy()).subList(1, 4)).doesNotContain(0);
      assertThat(backends(pair.ours()).subList(1, 4)).doesNotContain(0);
    }
    List<Suite.Pair> pairs = alike(4, 200, request("metadata", "503,503,503,200"));
    for (Suite.Pair pair : pairs) {
      assertThat(backends(pair.envoy()).subList(1, 4)).doesNotContain(1);
      assertThat(backends(pair.ours()).subList(1, 4)).doesNotContain(1);
    }
    assertThat(pairs).anyMatch(p -> backends(p.ours()).getFirst() == 1);
    assertThat(pairs).anyMatch(p -> backends(p.envoy()).getFirst() == 1);
  }

  private static List<Integer> levels(Observation side) {
    return backends(side).stream().map(b -> b < 5 ? 0 : 1).toList();
  }

  @Test
  void leavesOutThePrioritiesThatItTried() throws Exception {
    Map<String, List<Integer>> expected = new LinkedHashMap<>();
    expected.put("shun-each", List.of(0, 1, 0, 1, 0, 1));
    expected.put("shun-second", List.of(0, 0, 1, 1, 0, 0));
    expected.put("shun-never", List.of(0, 0, 0, 0, 0, 0));
    for (Map.Entry<String, List<Integer>> each : expected.entrySet()) {
      for (Suite.Pair pair : alike(6, 503, request(each.getKey(), "503"))) {
        assertThat(levels(pair.envoy())).as(each.getKey()).isEqualTo(each.getValue());
        assertThat(levels(pair.ours())).as(each.getKey()).isEqualTo(each.getValue());
      }
    }
  }

  @Test
  void goesByTheHeadersOfRequestAndAnswer() throws Exception {
    alike(2, 200, request("asked", "503,200", new Wire.Field("x-again", "yes")));
    alike(1, 503, request("asked", "503,200", new Wire.Field("x-again", "no")));
    alike(1, 503, request("asked", "503,200"));

    alike(6, 200, request("answered", "200", says("x-retry=yes")));
    alike(1, 200, request("answered", "200", says("x-retry=no")));
    alike(1, 503, request("answered", "503"));

    alike(1, 503, request("rate", "503,200", says("x-envoy-ratelimited=true")));
    alike(6, 429, request("rate-wanted", "429", says("x-envoy-ratelimited=true")));
    alike(1, 429, request("rate-wanted", "429"));
    alike(2, 200, request("rate", "503,200", says("x-envoy-overloaded=true")));
  }

  @Test
  void triesAgainWhatBrokeBeforeItsRequestOrAfter() throws Exception {
    alike(1, 503, request("before", "reset,200"));
    alike(2, 200, request("reset", "reset,200"));
    alike(1, 503, request("reset", "503,200"));
    alike(2, 200, request("silent", "slow,200"));
  }

  private static List<Long> millis(Supplier<Wire.Request> requests) throws Exception {
    List<Long> out = new ArrayList<>();
    for (boolean envoy : new boolean[] {true, false}) {
      Wire.Request request = requests.get();
      long begin = System.nanoTime();
      try (Wire wire =
          new Wire(
              envoy ? suite.sides().envoyAddress() : suite.sides().ourAddress(),
              java.net.InetAddress.getByName("127.0.0.1"))) {
        List<Wire.Field> headers = new ArrayList<>(request.headers());
        headers.add(new Wire.Field("x-pair", "pause-" + begin));
        assertThat(
                wire.send(new Wire.Request(request.method(), request.target(), headers, ""))
                    .status())
            .isEqualTo(200);
      }
      out.add((System.nanoTime() - begin) / 1_000_000);
    }
    System.out.println(requests.get() + " took " + out + " ms");
    return out;
  }

  @Test
  void waitsAsLongAsTheAnswerSays() throws Exception {
    Wire.Request seconds = request("limited-long", "503,200", says("retry-after=1"));
    assertThat(millis(() -> seconds)).allMatch(t -> t >= 1000 && t < 2500);

    // What is longer than may be is passed over for the next.
    assertThat(
            millis(
                () -> {
                  long soon = Instant.now().getEpochSecond() + 3;
                  String told = "retry-after=9;x-ratelimit-reset=" + soon;
                  return request("limited-long", "503,200", says(told));
                }))
        .allMatch(t -> t >= 2000 && t < 6000);

    Wire.Request tooLong = request("limited-short", "503,200", says("retry-after=1"));
    assertThat(millis(() -> tooLong)).allMatch(t -> t < 900);
    Wire.Request nonsense = request("limited-long", "503,200", says("retry-after=soon"));
    assertThat(millis(() -> nonsense)).allMatch(t -> t < 900);
  }
}
