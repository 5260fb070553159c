// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.model.route.RouteConfiguration;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Generated configurations and requests through Envoy and through our engine give the same
 * decisions. {@code -Dflotilla.differential.pairs} sets how many, {@code
 * -Dflotilla.differential.seed} where they begin: fixed unless told, so that a build tells of the
 * change and not of the seed; 0 begins anywhere.
 */
class DifferentialIT {
  private static final String ENVOY = System.getProperty("flotilla.envoy", "");
  private static final int PAIRS = Integer.getInteger("flotilla.differential.pairs", 12_000);
  private static final int PAIRS_A_CONFIGURATION = 800;
  private static final int HOSTS = 40;
  private static final long SEED = 32_397_414_974_734L;

  private static @TempDir Path folder;
  private static Suite suite;

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

  // On a machine that stands still for a while, time-outs end what they would not end elsewhere: a
  // difference is one that shows again.
  private static List<Suite.Pair> again(List<Suite.Pair> pairs, Allowed allowed) throws Exception {
    List<Suite.Pair> differing = pairs;
    for (int i = 0; i < 2 && !differing.isEmpty(); i++) {
      differing = differing.stream().filter(p -> !allowed.unexplained(p).isEmpty()).toList();
      if (!differing.isEmpty()) {
        differing = suite.send(differing.stream().map(Suite.Pair::request).toList());
      }
    }
    return differing;
  }

  @Test
  void decidesAsEnvoyDoes() throws Exception {
    long told = Long.getLong("flotilla.differential.seed", SEED);
    long seed = told == 0 ? System.nanoTime() : told;
    System.out.println("differential suite: seed " + seed + ", " + PAIRS + " pairs");
    Allowed allowed = Allowed.read();
    Map<String, List<String>> unexplained = new TreeMap<>();
    Spread spread = new Spread();
    int done = 0;
    for (int i = 0; done < PAIRS; i++) {
      Generator generator = new Generator(seed + i);
      RouteConfiguration routes = generator.routes(HOSTS);
      List<Wire.Request> requests = new ArrayList<>();
      for (int n = 0; n < Math.min(PAIRS_A_CONFIGURATION, PAIRS - done); n++) {
        requests.add(generator.request(routes));
      }
      List<Suite.Pair> pairs = suite.run(routes, requests, UnaryOperator.identity());
      done += pairs.size();
      spread.add(pairs);
      for (Suite.Pair pair : again(pairs, allowed)) {
        for (String difference : allowed.unexplained(pair)) {
          String aspect = difference.substring(0, difference.indexOf(':'));
          unexplained
              .computeIfAbsent(aspect, a -> new ArrayList<>())
              .add("seed " + (seed + i) + ": " + Case.describe(difference, pair, routes));
        }
      }
    }
    System.out.println(done + " pairs compared");
    StringBuilder report = new StringBuilder();
    unexplained.forEach(
        (aspect, cases) -> {
          cases.sort(java.util.Comparator.comparingInt(String::length));
          report.append(cases.size()).append(" x ").append(aspect).append('\n');
          cases.stream().limit(3).forEach(c -> report.append(c).append('\n'));
        });
    assertThat(report.toString()).isEmpty();
    assertThat(allowed.unused()).as("differences that are allowed for nothing").isEmpty();
    spread.check();
  }
}
