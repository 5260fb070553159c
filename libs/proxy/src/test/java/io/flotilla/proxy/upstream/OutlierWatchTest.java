// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.flotilla.model.cluster.OutlierDetection;
import io.flotilla.model.cluster.OutlierRates;
import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.proxy.metrics.ClusterStats;
import io.flotilla.proxy.upstream.ClusterRuntime.Outcome;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class OutlierWatchTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final List<Host> hosts = hosts(5);

  private static List<Host> hosts(int count) {
    List<Host> out = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      out.add(
          new Host(
              Endpoint.of("127.0.0.1", 1000 + i), new InetSocketAddress("127.0.0.1", 1000 + i)));
    }
    return out;
  }

  private static OutlierWatch watch(int most, boolean one, OutlierRates rates) {
    return watch(Optional.empty(), Optional.empty(), most, one, rates);
  }

  private static OutlierWatch watch(
      Optional<Integer> any,
      Optional<Duration> longest,
      int most,
      boolean one,
      OutlierRates rates) {
    return new OutlierWatch(
        new OutlierDetection(
            any,
            Optional.empty(),
            Optional.empty(),
            Duration.ofSeconds(10),
            Duration.ofSeconds(15),
            most,
            0,
            longest,
            one,
            OutlierDetection.Enforced.ALWAYS,
            rates),
        new ClusterStats("c"),
        0);
  }

  private static OutlierRates success(int minimumHosts, int volume, int factor, int enforced) {
    return new OutlierRates(
        new OutlierRates.SuccessRate(minimumHosts, volume, factor, enforced, 0),
        OutlierRates.ENVOYS.failure());
  }

  private static OutlierRates failure(int minimumHosts, int volume, int threshold) {
    return new OutlierRates(
        OutlierRates.OFF.success(),
        new OutlierRates.FailurePercentage(minimumHosts, volume, threshold, 100, 0));
  }

  /** A hundred requests to each, of which the first host fails some. */
  private void traffic(OutlierWatch watch, int failed) {
    for (Host host : hosts) {
      for (int i = 0; i < 100; i++) {
        boolean bad = host == hosts.getFirst() && i % 10 < failed / 10;
        watch.noted(host, bad ? Outcome.SERVER_ERROR : Outcome.SUCCESS, hosts, SECOND);
      }
    }
  }

  @Test
  void measuresTheDistanceFromTheMeanInStandardDeviationsOfAllHosts() {
    double[] percents = {50, 100, 100, 100, 100};

    assertThat(OutlierWatch.least(percents, 1900)).isCloseTo(52, within(1e-9));
    assertThat(OutlierWatch.least(percents, 2100)).isCloseTo(48, within(1e-9));
    assertThat(OutlierWatch.least(new double[] {70, 70}, 1900)).isCloseTo(70, within(1e-9));
  }

  @Test
  void setsAsideBelowTheMeanAtTheEndOfTheIntervalAlone() {
    OutlierWatch watch = watch(100, false, success(5, 100, 1900, 100));
    traffic(watch, 50);

    assertThat(watch.sweep(hosts, 9 * SECOND)).isFalse();
    assertThat(watch.sweep(hosts, 10 * SECOND)).isTrue();

    assertThat(hosts.stream().map(Host::isEjected))
        .containsExactly(true, false, false, false, false);
  }

  @Test
  void letsGoWhatIsWithinTheFactorOrTooLittleToJudge() {
    for (OutlierRates each :
        List.of(
            success(5, 100, 2100, 100),
            success(6, 100, 1900, 100),
            success(5, 101, 1900, 100),
            success(5, 100, 1900, 0),
            failure(6, 100, 50),
            failure(5, 101, 50),
            failure(5, 100, 51))) {
      OutlierWatch watch = watch(100, false, each);
      traffic(watch, 50);

      assertThat(watch.sweep(hosts, 10 * SECOND)).as(each.toString()).isFalse();
    }
  }

  @Test
  void setsAsideFromTheThresholdOfFailuresOn() {
    OutlierWatch watch = watch(100, false, failure(5, 100, 50));
    traffic(watch, 50);

    assertThat(watch.sweep(hosts, 10 * SECOND)).isTrue();

    assertThat(hosts.getFirst().isEjected()).isTrue();
  }

  @Test
  void setsAsideNoMoreThanMayBeUnlessOneAlwaysMay() {
    OutlierWatch strict = watch(19, false, failure(5, 100, 50));
    traffic(strict, 50);
    assertThat(strict.sweep(hosts, 10 * SECOND)).isFalse();

    OutlierWatch lenient = watch(19, true, failure(5, 100, 50));
    traffic(lenient, 50);
    assertThat(lenient.sweep(hosts, 10 * SECOND)).isTrue();
  }

  @Test
  void ejectsLongerEachTimeUpToTheMostAndShorterAfterGoodConduct() {
    OutlierWatch watch =
        watch(Optional.of(1), Optional.of(Duration.ofSeconds(25)), 100, false, OutlierRates.OFF);
    Host host = hosts.getFirst();

    watch.noted(host, Outcome.SERVER_ERROR, hosts, 5 * SECOND);
    // 15 s are over after 20 s, which is when an interval ends.
    assertThat(watch.sweep(hosts, 19 * SECOND)).isFalse();
    assertThat(watch.sweep(hosts, 20 * SECOND)).isTrue();

    watch.noted(host, Outcome.SERVER_ERROR, hosts, 21 * SECOND);
    // Twice would be 30 s, but 25 are the most: over after 46 s, noticed after 50.
    assertThat(watch.sweep(hosts, 49 * SECOND)).isFalse();
    assertThat(watch.sweep(hosts, 50 * SECOND)).isTrue();
    assertThat(host.ejections()).isEqualTo(2);

    watch.sweep(hosts, 60 * SECOND);
    assertThat(host.ejections()).isEqualTo(1);
    watch.sweep(hosts, 1_000_000 * SECOND);
    assertThat(host.ejections()).isZero();
  }
}
