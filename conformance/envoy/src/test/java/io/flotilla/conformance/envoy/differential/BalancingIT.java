// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.Discovery;
import io.flotilla.model.cluster.EndpointRules;
import io.flotilla.model.cluster.LoadBalancing;
import io.flotilla.model.cluster.OutlierDetection;
import io.flotilla.model.cluster.OutlierRates;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.model.endpoint.Locality;
import io.flotilla.model.endpoint.LocalityEndpoints;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.HashPolicy;
import io.flotilla.model.route.HostRewrite;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.model.route.VirtualHost;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where requests go when endpoints differ in weight, priority and health, beside Envoy. */
class BalancingIT {
  private static final String ENVOY = System.getProperty("flotilla.envoy", "");
  private static final int REQUESTS = 800;

  /** Of chi-squared by degrees of freedom: exceeded by chance once in ten thousand runs. */
  private static final double[] LIMITS = {0, 15.1, 18.4, 21.1, 23.5, 25.7, 27.9, 29.9};

  private static @TempDir Path folder;
  private static Suite suite;
  private static int clusters;

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of(ENVOY)),
        "there is no Envoy at '" + ENVOY + "'; conformance/install.sh installs one");
    suite = new Suite(ENVOY, folder);
  }

  @AfterAll
  static void stop() throws Exception {
    if (suite != null) {
      suite.close();
    }
  }

  private static Endpoint endpoint(int backend, int weight, boolean healthy) {
    return new Endpoint(
        new SocketAddress("127.0.0.1", suite.backends().port(backend)),
        "",
        weight,
        healthy ? Endpoint.Health.HEALTHY : Endpoint.Health.UNHEALTHY,
        Map.of(),
        Optional.empty());
  }

  /** Priorities of consecutive backends: how many there are, and how many of them are well. */
  private static List<LocalityEndpoints> levels(int... hostsAndHealthy) {
    List<LocalityEndpoints> out = new ArrayList<>();
    int backend = 0;
    for (int i = 0; i < hostsAndHealthy.length; i += 2) {
      List<Endpoint> hosts = new ArrayList<>();
      for (int n = 0; n < hostsAndHealthy[i]; n++) {
        hosts.add(endpoint(backend++, 1, n < hostsAndHealthy[i + 1]));
      }
      out.add(new LocalityEndpoints(Locality.NONE, i / 2, 1, hosts));
    }
    return out;
  }

  private static List<LocalityEndpoints> weighted(int... weights) {
    List<Endpoint> hosts = new ArrayList<>();
    for (int i = 0; i < weights.length; i++) {
      hosts.add(endpoint(i, weights[i], true));
    }
    return List.of(new LocalityEndpoints(Locality.NONE, 0, 1, hosts));
  }

  private static Cluster cluster(
      LoadBalancing balancing,
      List<LocalityEndpoints> endpoints,
      Optional<OutlierDetection> outliers) {
    // A name of its own: what was learnt of a cluster's endpoints outlives its change on our side.
    String name = "c" + clusters++;
    Cluster plain =
        Cluster.of(name, new Discovery.Static(new ClusterLoadAssignment(name, endpoints)));
    return new Cluster(
        plain.name(),
        plain.discovery(),
        balancing,
        plain.connectTimeout(),
        plain.http(),
        plain.transports(),
        plain.circuitBreakers(),
        outliers,
        plain.bindSource(),
        plain.services(),
        plain.connection(),
        plain.source());
  }

  private static OutlierDetection outliers(
      Optional<Integer> any, Optional<Integer> gateway, Optional<Integer> local, int minHealth) {
    return new OutlierDetection(
        any, gateway, local, Duration.ofSeconds(60), Duration.ofSeconds(60), 100, minHealth);
  }

  private static Optional<OutlierDetection> neverPanicking() {
    return Optional.of(outliers(Optional.of(1000), Optional.empty(), Optional.empty(), 0));
  }

  private static RouteAction.Forward forward(String cluster) {
    return new RouteAction.Forward(
        new ClusterChoice.Single(cluster),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        new HostRewrite.Keep(),
        List.of(new HashPolicy.Header("x-key", false)),
        List.of(),
        List.of());
  }

  private static void apply(Cluster cluster) throws Exception {
    suite.apply(
        RouteConfiguration.of(
            "routes",
            List.of(
                VirtualHost.of(
                    "all",
                    List.of("*"),
                    List.of(Route.of("r", RouteMatch.ANY, forward(cluster.name())))))),
        Map.of(cluster.name(), cluster));
  }

  private static Wire.Request request(String key, String script) {
    return new Wire.Request(
        "GET",
        "/",
        List.of(
            new Wire.Field("Host", "h.test"),
            new Wire.Field("x-key", key),
            new Wire.Field("x-do", script)),
        "");
  }

  private static List<Wire.Request> requests(int count) {
    List<Wire.Request> out = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      out.add(request("k" + i, "200"));
    }
    return out;
  }

  private static Map<String, int[]> counts(Cluster cluster) throws Exception {
    apply(cluster);
    Map<String, int[]> counts = new TreeMap<>();
    for (Suite.Pair pair : suite.send(requests(REQUESTS))) {
      counts.computeIfAbsent(pair.envoy().endpoint(), e -> new int[2])[0]++;
      counts.computeIfAbsent(pair.ours().endpoint(), e -> new int[2])[1]++;
    }
    return counts;
  }

  /** That both may well be draws from one distribution. */
  private static void spreadAlike(String what, Cluster cluster, int endpoints) throws Exception {
    Map<String, int[]> counts = counts(cluster);
    StringBuilder table = new StringBuilder(what);
    double chiSquared = 0;
    for (Map.Entry<String, int[]> each : counts.entrySet()) {
      double difference = each.getValue()[0] - each.getValue()[1];
      chiSquared += difference * difference / (each.getValue()[0] + each.getValue()[1]);
      table.append(' ').append(each.getValue()[0]).append('/').append(each.getValue()[1]);
    }
    System.out.println(table);
    assertThat(counts).as(table.toString()).hasSize(endpoints);
    assertThat(chiSquared).as(table.toString()).isLessThanOrEqualTo(LIMITS[counts.size() - 1]);
  }

  @Test
  void heedsWeightsAsEnvoyDoes() throws Exception {
    Map<String, LoadBalancing> policies = new LinkedHashMap<>();
    policies.put("round robin", LoadBalancing.ROUND_ROBIN);
    policies.put("least request", LoadBalancing.LEAST_REQUEST);
    policies.put("random", LoadBalancing.RANDOM);
    for (Map.Entry<String, LoadBalancing> each : policies.entrySet()) {
      spreadAlike(
          each.getKey(), cluster(each.getValue(), weighted(1, 2, 3, 4), Optional.empty()), 4);
    }
  }

  @Test
  void givesWhatOnePriorityCannotBearToTheNext() throws Exception {
    LoadBalancing random = LoadBalancing.RANDOM;
    spreadAlike("1 of 4, then 2", cluster(random, levels(4, 1, 2, 2), neverPanicking()), 3);
    spreadAlike("3 of 4, then 2", cluster(random, levels(4, 3, 2, 2), neverPanicking()), 3);
    spreadAlike("1 of 2, then 2", cluster(random, levels(2, 1, 2, 2), neverPanicking()), 3);
    spreadAlike("three levels", cluster(random, levels(4, 1, 2, 0, 2, 2), neverPanicking()), 3);
  }

  private static Cluster provisioned(
      List<LocalityEndpoints> endpoints, int overprovisioning, boolean byWeight) {
    Cluster made = cluster(LoadBalancing.RANDOM, endpoints, neverPanicking());
    return new Cluster(
        made.name(),
        new Discovery.Static(
            new ClusterLoadAssignment(made.name(), endpoints, overprovisioning, byWeight)),
        made.loadBalancing(),
        made.connectTimeout(),
        made.http(),
        made.transports(),
        made.circuitBreakers(),
        made.outlierDetection(),
        made.bindSource(),
        made.services(),
        made.connection(),
        made.source());
  }

  @Test
  void heedsHowMuchMoreAPriorityCanBear() throws Exception {
    spreadAlike("3 of 4 at 100 %", provisioned(levels(4, 3, 2, 2), 100, false), 5);
    spreadAlike("1 of 4 at 300 %", provisioned(levels(4, 1, 2, 2), 300, false), 3);
    spreadAlike("1 of 4 at 400 %", provisioned(levels(4, 1, 2, 2), 400, false), 1);
    // By number a third is well, by weight nine tenths are.
    List<LocalityEndpoints> heavy =
        List.of(
            new LocalityEndpoints(
                Locality.NONE,
                0,
                1,
                List.of(endpoint(0, 18, true), endpoint(1, 1, false), endpoint(2, 1, false))),
            new LocalityEndpoints(Locality.NONE, 1, 1, List.of(endpoint(3, 1, true))));
    spreadAlike("by number", provisioned(heavy, 140, false), 2);
    spreadAlike("by weight", provisioned(heavy, 140, true), 1);
  }

  @Test
  void trustsSickEndpointsBeforeItBreaksTheWell() throws Exception {
    LoadBalancing random = LoadBalancing.RANDOM;
    spreadAlike("panic", cluster(random, levels(4, 1), Optional.empty()), 4);
    spreadAlike("half is enough", cluster(random, levels(4, 2), Optional.empty()), 2);
    spreadAlike("total panic", cluster(random, levels(3, 0, 2, 0), Optional.empty()), 5);
    spreadAlike("enough together", cluster(random, levels(4, 1, 2, 1), Optional.empty()), 2);
    spreadAlike("one level only", cluster(random, levels(3, 0, 4, 2), Optional.empty()), 2);
    spreadAlike("no panic", cluster(random, levels(4, 1), neverPanicking()), 1);
    spreadAlike("none is well", cluster(random, levels(4, 0), neverPanicking()), 1);
  }

  @Test
  void hashesOverTheEndpointsThatAreWell() throws Exception {
    for (LoadBalancing each :
        List.of(new LoadBalancing.RingHash(1024, 1 << 20), new LoadBalancing.Maglev(65537))) {
      apply(cluster(each, levels(5, 4), neverPanicking()));
      for (Suite.Pair pair : suite.send(requests(300))) {
        assertThat(pair.ours().endpoint()).isEqualTo(pair.envoy().endpoint());
      }
    }
  }

  /** Localities of consecutive backends: weight, how many there are, and how many are well. */
  private static List<LocalityEndpoints> zones(int... weightHostsAndHealthy) {
    List<LocalityEndpoints> out = new ArrayList<>();
    int backend = 0;
    for (int i = 0; i < weightHostsAndHealthy.length; i += 3) {
      List<Endpoint> hosts = new ArrayList<>();
      for (int n = 0; n < weightHostsAndHealthy[i + 1]; n++) {
        hosts.add(endpoint(backend++, 1 + n, n < weightHostsAndHealthy[i + 2]));
      }
      out.add(
          new LocalityEndpoints(
              new Locality("r", "zone" + i, ""), 0, weightHostsAndHealthy[i], hosts));
    }
    return out;
  }

  private static Cluster byZone(LoadBalancing balancing, List<LocalityEndpoints> zones) {
    return cluster(balancing, zones, Optional.empty())
        .with(new EndpointRules(Optional.empty(), false, Optional.empty(), true));
  }

  @Test
  void sharesOutByTheWeightsOfLocalities() throws Exception {
    List<LocalityEndpoints> well = zones(1, 2, 2, 3, 2, 2, 0, 1, 1);
    for (LoadBalancing each :
        List.of(LoadBalancing.ROUND_ROBIN, LoadBalancing.LEAST_REQUEST, LoadBalancing.RANDOM)) {
      spreadAlike("localities, " + each, byZone(each, well), 4);
    }
    // What is half sick bears 70 of a hundred of its weight.
    spreadAlike("half sick", byZone(LoadBalancing.RANDOM, zones(1, 2, 1, 1, 2, 2)), 3);
    spreadAlike("one sick", byZone(LoadBalancing.RANDOM, zones(1, 4, 3, 1, 2, 2)), 5);
    spreadAlike("panic", byZone(LoadBalancing.RANDOM, zones(1, 3, 0, 9, 2, 1)), 5);
    for (LoadBalancing each :
        List.of(new LoadBalancing.RingHash(1024, 1 << 20), new LoadBalancing.Maglev(65537))) {
      apply(byZone(each, zones(1, 2, 1, 3, 2, 2)));
      for (Suite.Pair pair : suite.send(requests(300))) {
        assertThat(pair.ours().endpoint()).isEqualTo(pair.envoy().endpoint());
      }
    }
  }

  private static void ejects(OutlierDetection detection, String harmless, String harmful)
      throws Exception {
    LoadBalancing ring = new LoadBalancing.RingHash(1024, 1 << 20);
    apply(cluster(ring, levels(4, 4), Optional.of(detection)));
    String before = suite.send(List.of(request("k", "200"))).getFirst().envoy().endpoint();
    for (int i = 0; i < 6; i++) {
      suite.send(List.of(request("k", harmless)));
    }
    Suite.Pair still = suite.send(List.of(request("k", "200"))).getFirst();
    assertThat(still.envoy().endpoint()).isEqualTo(before);
    assertThat(still.ours().endpoint()).isEqualTo(before);

    for (int i = 0; i < 3; i++) {
      suite.send(List.of(request("k", harmful)));
    }

    Suite.Pair moved = suite.send(List.of(request("k", "200"))).getFirst();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
    while (moved.envoy().endpoint().equals(before) && System.nanoTime() < end) {
      moved = suite.send(List.of(request("k", "200"))).getFirst();
    }
    assertThat(moved.envoy().endpoint()).isNotEqualTo(before);
    for (Suite.Pair pair : suite.send(requests(200))) {
      assertThat(pair.ours().endpoint()).isNotEqualTo(before).isEqualTo(pair.envoy().endpoint());
    }
  }

  @Test
  void setsAsideAfterErrorsOfTheServer() throws Exception {
    ejects(outliers(Optional.of(3), Optional.empty(), Optional.empty(), 0), "404", "500");
  }

  @Test
  void setsAsideAfterErrorsOfTheGatewayAlone() throws Exception {
    ejects(outliers(Optional.empty(), Optional.of(3), Optional.empty(), 0), "500", "503");
  }

  @Test
  void setsAsideWhereNoConnectionIsMade() throws Exception {
    int closed;
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      closed = taken.getLocalPort();
    }
    List<Endpoint> hosts = new ArrayList<>(levels(3, 3).getFirst().endpoints());
    hosts.add(Endpoint.of("127.0.0.1", closed));
    OutlierDetection split = outliers(Optional.empty(), Optional.empty(), Optional.of(3), 0);
    apply(
        cluster(
            new LoadBalancing.RingHash(1024, 1 << 20),
            List.of(new LocalityEndpoints(Locality.NONE, 0, 1, hosts)),
            Optional.of(split)));
    // Each connection that is made ends a row of failures, also where it breaks afterwards.
    List<Suite.Pair> first = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      first.addAll(suite.send(List.of(request("k" + i % 3, "reset"))));
    }
    List<Suite.Pair> pairs = suite.send(requests(60));
    first.addAll(pairs);
    // Where the port is decides which keys lead to it, and so which of these came to it in time.
    assertThat(first).anyMatch(p -> p.envoy().endpoint().endsWith(":" + closed));
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
    while (pairs.stream().anyMatch(p -> p.envoy().endpoint().endsWith(":" + closed))
        && System.nanoTime() < end) {
      pairs = suite.send(requests(60));
    }

    for (Suite.Pair pair : pairs) {
      assertThat(pair.envoy().endpoint()).doesNotEndWith(":" + closed);
      assertThat(pair.ours().endpoint()).isEqualTo(pair.envoy().endpoint());
    }
    assertThat(pairs.stream().map(p -> p.ours().endpoint()).distinct()).hasSize(3);
  }

  private static OutlierDetection rates(
      int most, boolean alwaysOne, Duration ejected, OutlierRates rates) {
    return new OutlierDetection(
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Duration.ofSeconds(1),
        ejected,
        most,
        0,
        Optional.of(ejected),
        alwaysOne,
        OutlierDetection.Enforced.ALWAYS,
        rates);
  }

  private static OutlierRates success(int minimumHosts, int volume, int factor, int enforced) {
    return new OutlierRates(
        new OutlierRates.SuccessRate(minimumHosts, volume, factor, enforced, 0),
        OutlierRates.ENVOYS.failure());
  }

  private static OutlierRates failure(int minimumHosts, int volume, int threshold, int enforced) {
    return new OutlierRates(
        OutlierRates.OFF.success(),
        new OutlierRates.FailurePercentage(minimumHosts, volume, threshold, enforced, 0));
  }

  private static Wire.Request to(String cluster, String key, String script) {
    return new Wire.Request(
        "GET",
        "/" + cluster,
        List.of(
            new Wire.Field("Host", "h.test"),
            new Wire.Field("x-key", key),
            new Wire.Field("x-do", script)),
        "");
  }

  /** Whether an endpoint is set aside, as the admin pages of Envoy and of ours say. */
  private static List<Boolean> ejected(String cluster, String endpoint) throws Exception {
    String line = cluster + "::" + endpoint + "::health_flags::/failed_outlier_check";
    return List.of(
        suite.sides().envoy().admin("/clusters", s -> true).contains(line),
        suite.sides().engine().clustersText().contains(line));
  }

  @Test
  void setsAsideWhatFailsMoreThanTheOthers() throws Exception {
    Duration lasting = Duration.ofMinutes(10);
    Map<String, OutlierDetection> cases = new LinkedHashMap<>();
    cases.put("below-mean", rates(100, false, lasting, success(5, 10, 1900, 100)));
    cases.put("within-factor", rates(100, false, lasting, success(5, 10, 2100, 100)));
    cases.put("too-few-hosts", rates(100, false, lasting, success(6, 10, 1900, 100)));
    cases.put("too-few-requests", rates(100, false, lasting, success(5, 100000, 1900, 100)));
    cases.put("not-enforced", rates(100, false, lasting, success(5, 10, 1900, 0)));
    cases.put("failure-share", rates(100, false, lasting, failure(5, 10, 40, 100)));
    cases.put("share-not-reached", rates(100, false, lasting, failure(5, 10, 60, 100)));
    cases.put("share-of-too-few", rates(100, false, lasting, failure(6, 10, 40, 100)));
    cases.put("share-not-enforced", rates(100, false, lasting, failure(5, 10, 40, 0)));
    cases.put("no-more-may-go", rates(10, false, lasting, failure(5, 10, 40, 100)));
    cases.put("one-may-always", rates(10, true, lasting, failure(5, 10, 40, 100)));
    cases.put("comes-back", rates(100, false, Duration.ofSeconds(2), failure(5, 10, 40, 100)));
    List<String> aside = List.of("below-mean", "failure-share", "one-may-always", "comes-back");

    Map<String, Cluster> all = new LinkedHashMap<>();
    List<Route> routes = new ArrayList<>();
    for (Map.Entry<String, OutlierDetection> each : cases.entrySet()) {
      Cluster made =
          cluster(
              new LoadBalancing.RingHash(1024, 1 << 20),
              levels(5, 5),
              Optional.of(each.getValue()));
      all.put(made.name(), made);
      routes.add(
          Route.of(
              each.getKey(),
              RouteMatch.of(new PathMatch.Prefix("/" + each.getKey())),
              forward(made.name())));
    }
    suite.apply(
        RouteConfiguration.of("routes", List.of(VirtualHost.of("all", List.of("*"), routes))), all);
    List<String> names = List.copyOf(cases.keySet());
    List<String> clusters = List.copyOf(all.keySet());

    // Where each key leads, which is the same in all clusters.
    List<Wire.Request> probes = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      probes.add(to(names.getFirst(), "k" + i, "200"));
    }
    List<Suite.Pair> found = suite.send(probes);
    String bad = found.getFirst().envoy().endpoint();
    List<Wire.Request> traffic = new ArrayList<>();
    int turn = 0;
    for (int i = 0; i < found.size(); i++) {
      boolean fails = found.get(i).envoy().endpoint().equals(bad) && turn++ % 2 == 0;
      for (String name : names) {
        traffic.add(to(name, "k" + i, fails ? "500" : "200"));
      }
    }
    suite.send(traffic);

    Map<String, List<Boolean>> seen = new TreeMap<>();
    boolean[] back = new boolean[2];
    long start = System.nanoTime();
    long end = start + TimeUnit.SECONDS.toNanos(15);
    // Three intervals at least: what is not set aside by then is not.
    while (System.nanoTime() - start < TimeUnit.SECONDS.toNanos(3)
        || (System.nanoTime() < end && !(back[0] && back[1]))) {
      for (int i = 0; i < names.size(); i++) {
        List<Boolean> now = ejected(clusters.get(i), bad);
        List<Boolean> before = seen.getOrDefault(names.get(i), List.of(false, false));
        seen.put(
            names.get(i),
            List.of(before.getFirst() || now.getFirst(), before.getLast() || now.getLast()));
        if (names.get(i).equals("comes-back")) {
          back[0] |= before.getFirst() && !now.getFirst();
          back[1] |= before.getLast() && !now.getLast();
        }
      }
    }

    System.out.println("set aside by Envoy and by us: " + seen);
    for (String name : names) {
      boolean goes = aside.contains(name);
      assertThat(seen.get(name)).as(name).containsExactly(goes, goes);
    }
    assertThat(back).containsExactly(true, true);
    List<Wire.Request> after = new ArrayList<>();
    for (String name : names) {
      for (int i = 0; i < 30; i++) {
        after.add(to(name, "k" + i, "200"));
      }
    }
    for (Suite.Pair pair : suite.send(after)) {
      assertThat(pair.ours().endpoint()).isEqualTo(pair.envoy().endpoint());
    }
  }
}
