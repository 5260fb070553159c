// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.mesh;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.LocatorAssertions;
import io.flotilla.testkit.browser.Chromium;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The console's page of the running mesh, in the installed Chromium. */
@ExtendWith(SharedMesh.class)
class ConsoleIT {
  private static final double PATIENCE = 60_000;

  @Test
  void drawsTheServicesBetweenWhichRequestsFlow(RunningMesh mesh) throws Exception {
    assumeThat(RunningMesh.dataplane())
        .as("upstream's Envoy has no istio.stats, so there are no istio_* metrics")
        .isEqualTo("flotilla");
    assumeThat(Chromium.installed()).as("the package chromium is not installed").isPresent();
    List<String> complaints = new CopyOnWriteArrayList<>();
    try (Traffic.Steady flow = Traffic.anonymous(mesh).steadily(Traffic.PAGE, 20);
        Chromium chromium =
            Chromium.start(
                Chromium.installed().orElseThrow(),
                RunningMesh.root().resolve("services/console/src/main/webui/node_modules"))) {
      Page page = chromium.browser().newPage();
      page.onPageError(complaints::add);
      page.navigate(mesh.control(20001) + "/");

      Locator entered = edge(page, "workload/istio-system/istio-ingressgateway", "productpage-v1");
      assertThat(entered).containsText(Pattern.compile("[0-9.]+/s"), within());
      assertThat(entered.locator(".lock--locked")).isVisible(locked());
      for (String called : List.of("details-v1", "reviews-v1", "reviews-v2", "reviews-v3")) {
        Locator edge = edge(page, "workload/default/productpage-v1", called);
        assertThat(edge).containsText(Pattern.compile("[0-9.]+/s"), within());
        assertThat(edge.locator(".lock--locked")).isVisible(locked());
      }
      for (String caller : List.of("reviews-v2", "reviews-v3")) {
        assertThat(edge(page, "workload/default/" + caller, "ratings-v1"))
            .containsText(Pattern.compile("[0-9.]+/s"), within());
      }
      assertThat(edge(page, "workload/default/reviews-v1", "ratings-v1")).hasCount(0);
      assertThat(flow.answered()).isPositive();
    }
    assertThat(complaints).isEmpty();
  }

  private static Locator edge(Page page, String from, String to) {
    return page.locator("[data-edge^='" + from + " > workload/default/" + to + " ']");
  }

  private static LocatorAssertions.ContainsTextOptions within() {
    return new LocatorAssertions.ContainsTextOptions().setTimeout(PATIENCE);
  }

  private static LocatorAssertions.IsVisibleOptions locked() {
    return new LocatorAssertions.IsVisibleOptions().setTimeout(PATIENCE);
  }
}
