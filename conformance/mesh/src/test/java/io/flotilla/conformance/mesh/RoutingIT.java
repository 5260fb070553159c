// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.conformance.mesh.Traffic.Reply;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Upstream's files of the bookinfo tasks, unchanged, copied one after the other into the directory
 * that a running mesh watches. Requests flow all the time, and none of them may fail.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RoutingIT {
  private static final String NETWORKING = "samples/bookinfo/networking/";
  private static final Duration CHANGE = Duration.ofSeconds(15);
  private static final int REQUESTS = 1000;
  private static final int TOGETHER = 16;
  private static final int DELAYED_TOGETHER = 125;

  private static RunningMesh mesh;
  private static Traffic anyone;
  private static Traffic jason;

  @BeforeAll
  static void start() throws Exception {
    mesh = RunningMesh.start();
    anyone = Traffic.anonymous(mesh);
    jason = Traffic.of(mesh, "jason");
    anyone.warmUp();
  }

  @AfterAll
  static void stop() throws Exception {
    if (mesh != null) {
      mesh.close();
    }
  }

  @Test
  @Order(1)
  void showsTheProductPageWithReviewsThroughTheGateway() throws Exception {
    Reply page = anyone.get(Traffic.PAGE);

    assertThat(page.status()).isEqualTo(200);
    assertThat(page.body()).contains("The Comedy of Errors", "Reviewer1", "PublisherA");
    assertThat(page.body()).doesNotContain("unavailable");
  }

  @Test
  @Order(2)
  void sendsEverythingToVersionOne() throws Exception {
    change("destination-rule-all.yaml", "virtual-service-all-v1.yaml", () -> onlyV1(anyone));

    assertThat(versions(anyone)).isEqualTo(Map.of("reviews-v1", REQUESTS));
  }

  @Test
  @Order(3)
  void sendsJasonToVersionTwo() throws Exception {
    change(
        "virtual-service-reviews-test-v2.yaml",
        () -> assertThat(version(jason)).isEqualTo("reviews-v2"));

    assertThat(versions(anyone)).isEqualTo(Map.of("reviews-v1", REQUESTS));
    assertThat(versions(jason)).isEqualTo(Map.of("reviews-v2", REQUESTS));
  }

  @Test
  @Order(4)
  void delaysRatingsForJasonUntilThePageGivesUp() throws Exception {
    change(
        "virtual-service-ratings-test-delay.yaml",
        () -> assertThat(jason.get(Traffic.PAGE).took()).isGreaterThan(Duration.ofSeconds(5)));

    List<Reply> delayed = jason.get(Traffic.PAGE, REQUESTS, DELAYED_TOGETHER);
    List<Reply> others = anyone.get(Traffic.PAGE, REQUESTS, TOGETHER);

    // The page waits three seconds for reviews and tries twice; ratings come after seven.
    assertThat(delayed)
        .allSatisfy(
            page -> {
              assertThat(page.status()).isEqualTo(200);
              assertThat(page.body())
                  .contains("Sorry, product reviews are currently unavailable for this book.");
              assertThat(page.took()).isGreaterThan(Duration.ofMillis(5900));
            });
    assertThat(others)
        .allSatisfy(
            page -> {
              assertThat(page.status()).isEqualTo(200);
              assertThat(page.body()).contains("Reviewer1");
            });
  }

  @Test
  @Order(5)
  void failsRatingsForJason() throws Exception {
    change(
        "virtual-service-ratings-test-abort.yaml",
        () ->
            assertThat(jason.get(Traffic.PAGE).body())
                .contains("Ratings service is currently unavailable"));

    List<Reply> failed = jason.get(Traffic.PAGE, REQUESTS, TOGETHER);
    List<Reply> others = anyone.get(Traffic.PAGE, REQUESTS, TOGETHER);

    assertThat(failed)
        .allSatisfy(
            page ->
                assertThat(page.body())
                    .contains("Reviewer1", "Ratings service is currently unavailable"));
    assertThat(others).allSatisfy(page -> assertThat(page.body()).doesNotContain("unavailable"));
  }

  @Test
  @Order(6)
  void splitsInHalvesBetweenVersionsOneAndThree() throws Exception {
    change(
        "virtual-service-reviews-50-v3.yaml",
        () ->
            assertThat(Traffic.count(anyone.get(Traffic.REVIEWS, 40, 4), RoutingIT::version))
                .containsOnlyKeys("reviews-v1", "reviews-v3"));

    Map<String, Integer> versions = versions(anyone);

    assertThat(versions).containsOnlyKeys("reviews-v1", "reviews-v3");
    assertThat(versions.get("reviews-v3")).satisfies(seen -> isNear(seen, 0.5));
  }

  @Test
  @Order(7)
  void splitsNineToOneBetweenVersionsOneAndTwo() throws Exception {
    change(
        "virtual-service-reviews-90-10.yaml",
        () ->
            assertThat(Traffic.count(anyone.get(Traffic.REVIEWS, 100, 8), RoutingIT::version))
                .containsOnlyKeys("reviews-v1", "reviews-v2"));

    Map<String, Integer> versions = versions(anyone);

    assertThat(versions).containsOnlyKeys("reviews-v1", "reviews-v2");
    assertThat(versions.get("reviews-v2")).satisfies(seen -> isNear(seen, 0.1));
  }

  @Test
  @Order(8)
  void sendsJasonToVersionTwoAndEverybodyElseToThree() throws Exception {
    change(
        "virtual-service-reviews-jason-v2-v3.yaml",
        () -> assertThat(version(anyone)).isEqualTo("reviews-v3"));

    assertThat(versions(anyone)).isEqualTo(Map.of("reviews-v3", REQUESTS));
    assertThat(versions(jason)).isEqualTo(Map.of("reviews-v2", REQUESTS));
  }

  private static void change(String file, Eventually.Check visible) throws Exception {
    change(file, file, visible);
  }

  /** Copies the files while requests flow, waits until the change shows; no request may fail. */
  private static void change(String first, String second, Eventually.Check visible)
      throws Exception {
    try (Traffic.Steady flow = anyone.steadily(Traffic.PAGE, 40)) {
      int before = flow.answered();
      Eventually.within(CHANGE, () -> assertThat(flow.answered()).isGreaterThan(before + 20));
      mesh.applyUpstream(NETWORKING + first);
      if (!second.equals(first)) {
        mesh.applyUpstream(NETWORKING + second);
      }
      Eventually.within(CHANGE, visible);
      int after = flow.answered();
      Eventually.within(CHANGE, () -> assertThat(flow.answered()).isGreaterThan(after + 20));
      assertThat(flow.stop())
          .as("requests around the moment of change")
          .allSatisfy(
              reply -> {
                assertThat(reply.status()).as(reply.body()).isEqualTo(200);
                assertThat(reply.body()).doesNotContain("unavailable");
              });
    }
  }

  private static void onlyV1(Traffic traffic) throws InterruptedException {
    assertThat(Traffic.count(traffic.get(Traffic.REVIEWS, 30, 4), RoutingIT::version))
        .containsOnlyKeys("reviews-v1");
  }

  private static Map<String, Integer> versions(Traffic traffic) throws InterruptedException {
    return Traffic.count(traffic.get(Traffic.REVIEWS, REQUESTS, TOGETHER), RoutingIT::version);
  }

  private static String version(Traffic traffic) throws InterruptedException {
    return version(traffic.get(Traffic.REVIEWS));
  }

  private static String version(Reply reply) {
    String key = "\"podname\":\"";
    int at = reply.body().indexOf(key);
    return reply.status() != 200 || at < 0
        ? reply.status() + " " + reply.body()
        : reply.body().substring(at + key.length(), reply.body().indexOf('"', at + key.length()));
  }

  /** Within three standard deviations of the binomial distribution. */
  private static void isNear(int seen, double share) {
    double deviation = Math.sqrt(REQUESTS * share * (1 - share));
    assertThat((double) seen)
        .isBetween(REQUESTS * share - 3 * deviation, REQUESTS * share + 3 * deviation);
  }
}
