// SPDX-License-Identifier: Apache-2.0
package io.flotilla.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Response;
import com.microsoft.playwright.options.ColorScheme;
import io.flotilla.contract.telemetry.GetGraphResponse;
import io.flotilla.shell.MeshEvent;
import io.flotilla.testkit.browser.Chromium;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.reactive.messaging.memory.InMemoryConnector;
import jakarta.enterprise.inject.Any;
import jakarta.inject.Inject;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The page in a real Chromium, before services that are real on the wire. */
@QuarkusTest
@QuarkusTestResource(FakePeers.class)
class ConsoleIT {
  private static final Path PICTURES = Path.of("target", "screenshots");
  private static @Nullable Chromium chromium;

  @TestHTTPResource URI address;

  @Inject @Any InMemoryConnector channels;

  private @Nullable BrowserContext context;
  private Page page;
  private final List<String> complaints = new CopyOnWriteArrayList<>();
  private final List<String> requested = new CopyOnWriteArrayList<>();

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(Chromium.installed().isPresent(), "the package chromium is not installed");
    chromium =
        Chromium.start(
            Chromium.installed().orElseThrow(),
            Path.of(System.getProperty("flotilla.webui", "src/main/webui"), "node_modules"));
  }

  @AfterAll
  static void stop() {
    if (chromium != null) {
      chromium.close();
    }
  }

  @BeforeEach
  void open() {
    FakePeers.reset();
    page = open(ColorScheme.LIGHT);
  }

  private Page open(ColorScheme colours) {
    context =
        chromium
            .browser()
            .newContext(
                new Browser.NewContextOptions().setViewportSize(1280, 800).setColorScheme(colours));
    Page opened = context.newPage();
    opened.onConsoleMessage(
        message -> {
          if (message.type().equals("error")) {
            complaints.add(message.text());
          }
        });
    opened.onPageError(complaints::add);
    opened.onRequest(request -> requested.add(request.url()));
    opened.navigate(address.resolve("/").toString());
    return opened;
  }

  @AfterEach
  void close() {
    if (context != null) {
      context.close();
    }
    FakePeers.reset();
  }

  private Locator node(String id) {
    return page.locator("[data-node='" + id + "']");
  }

  private Locator edge(String from, String to) {
    return page.locator("[data-edge^='" + from + " > " + to + " ']");
  }

  private Locator pageToDetails() {
    return edge("workload/default/productpage-v1", "workload/default/details-v1");
  }

  @Test
  void drawsTheMeshWithItsFigures() {
    assertThat(page.locator("[data-node]")).hasCount(11);
    assertThat(page.locator("[data-edge]")).hasCount(10);
    assertThat(node("workload/default/productpage-v1")).containsText("productpage");
    assertThat(node("workload/istio-system/istio-ingressgateway")).containsText("gateway");
    assertThat(node("external/www.googleapis.com")).containsText("external host");
    assertThat(pageToDetails()).containsText("12.5/s");
    assertThat(pageToDetails().locator(".lock--locked")).isVisible();
    assertThat(pageToDetails()).hasClass(java.util.regex.Pattern.compile("edge--good"));
    Locator failing = edge("workload/default/reviews-v3", "workload/default/ratings-v1");
    assertThat(failing).containsText("12 %");
    assertThat(failing).hasClass(java.util.regex.Pattern.compile("edge--failing"));
    assertThat(failing.locator(".lock--partly")).isVisible();
    assertThat(edge("outside", "workload/istio-system/istio-ingressgateway").locator(".lock"))
        .hasCount(0);
    page.screenshot(new Page.ScreenshotOptions().setPath(PICTURES.resolve("graph-light.png")));
    assertThat(complaints).isEmpty();
  }

  @Test
  void asksNobodyButItsOwnServer() {
    assertThat(page.locator("[data-edge]")).hasCount(10);

    assertThat(requested)
        .isNotEmpty()
        .allSatisfy(
            url -> assertThat(URI.create(url).getAuthority()).isEqualTo(address.getAuthority()));
    Response answered = page.navigate(address.resolve("/console").toString());
    assertThat(answered.status()).isEqualTo(200);
    assertThat(answered.headers().get("content-security-policy")).startsWith("default-src 'none'");
    assertThat(page.locator("[data-edge]")).hasCount(10);
    assertThat(complaints).isEmpty();
  }

  @Test
  void showsLatencyUnderThePointerAndTheRestInThePanel() {
    pageToDetails().locator(".edge__label").hover();
    assertThat(page.getByRole(com.microsoft.playwright.options.AriaRole.TOOLTIP))
        .containsText("p50 4.2 ms, p99 39 ms");

    node("workload/default/reviews-v2").click();

    Locator side = page.locator("aside");
    assertThat(side).containsText("reviews v2");
    assertThat(side).containsText("spiffe://cluster.local/ns/default/sa/reviews-v2");
    assertThat(side).containsText("DestinationRule default/reviews");
    assertThat(side.getByText("Traces of the last hour"))
        .hasAttribute(
            "href",
            "http://127.0.0.1:16686/api/traces?service=reviews.default&limit=20&lookback=1h");
    page.screenshot(new Page.ScreenshotOptions().setPath(PICTURES.resolve("selection.png")));
  }

  @Test
  void isUsedWithTheKeyboardAlone() {
    assertThat(page.locator("[data-edge]")).hasCount(10);
    pageToDetails().focus();
    assertThat(page.getByRole(com.microsoft.playwright.options.AriaRole.TOOLTIP)).isVisible();

    page.keyboard().press("Enter");
    assertThat(page.locator("aside h2")).hasText("productpage v1 → details v1");
    page.keyboard().press("Escape");
    assertThat(page.locator("aside h2")).hasText("The mesh");
  }

  @Test
  void followsTheFiguresWithoutAReload() {
    assertThat(pageToDetails()).containsText("12.5/s");

    FakePeers.traffic(FakePeers.shop(250));

    assertThat(pageToDetails()).containsText("250/s");
  }

  @Test
  void saysWhatIsWrongWithTheMesh() {
    channels
        .source("config-events")
        .send(
            MeshEvent.of(
                    "io.flotilla.config.accepted",
                    "/galley",
                    "VirtualService default/reviews",
                    Map.of("revision", 42))
                .toJson());
    channels
        .source("config-events")
        .send(
            MeshEvent.of(
                    "io.flotilla.config.rejected",
                    "/galley",
                    "VirtualService default/ratings",
                    Map.of("file", "broken.yaml", "line", 14, "reason", "weight is 140"))
                .toJson());
    channels
        .source("certificate-events")
        .send(
            MeshEvent.of(
                    "io.flotilla.certificate.issued",
                    "/citadel",
                    "spiffe://cluster.local/ns/default/sa/reviews",
                    Map.of("expiry", "2027-01-01T00:00:00Z"))
                .toJson());

    page.getByRole(com.microsoft.playwright.options.AriaRole.TAB)
        .filter(new Locator.FilterOptions().setHasText("Problems"))
        .click();
    Locator side = page.locator("aside");
    assertThat(side).containsText("virtual-service-broken.yaml:14");
    assertThat(side).containsText("weight is 140");
    assertThat(side).containsText("the certificate google is not there");
    assertThat(side).containsText("has acknowledged revision 5 of 7");
    page.screenshot(new Page.ScreenshotOptions().setPath(PICTURES.resolve("problems.png")));

    page.getByRole(com.microsoft.playwright.options.AriaRole.TAB)
        .filter(new Locator.FilterOptions().setHasText("Events"))
        .click();
    assertThat(side).containsText("configuration accepted");
    assertThat(side).containsText("broken.yaml:14: weight is 140");
    assertThat(side).containsText("certificate issued");
    page.screenshot(new Page.ScreenshotOptions().setPath(PICTURES.resolve("events.png")));
  }

  @Test
  void keepsTheLastTrafficAndSaysSoWhileTelemetryIsAway() {
    assertThat(pageToDetails()).containsText("12.5/s");

    FakePeers.stopTelemetry();

    Locator alert = page.getByText("Telemetry is unreachable");
    assertThat(alert).isVisible();
    assertThat(page.locator(".stage__alerts"))
        .containsText("Telemetry does not answer at 127.0.0.1:");
    assertThat(pageToDetails()).containsText("12.5/s");
    assertThat(page.locator(".canvas--dimmed")).isVisible();
    page.screenshot(new Page.ScreenshotOptions().setPath(PICTURES.resolve("telemetry-away.png")));

    FakePeers.startTelemetry();
    assertThat(alert).isHidden();
    assertThat(page.locator(".canvas--dimmed")).hasCount(0);
  }

  @Test
  void saysWhatToRunWhileNothingHappens() {
    FakePeers.traffic(GetGraphResponse.newBuilder().setSource("window").build());

    assertThat(page.getByText("No traffic in the last minute")).isVisible();
    assertThat(page.locator(".notice__command"))
        .containsText("curl -so /dev/null http://127.0.0.1:8080/productpage");
    assertThat(page.locator("[data-node]")).hasCount(9);
    page.screenshot(new Page.ScreenshotOptions().setPath(PICTURES.resolve("no-traffic.png")));
  }

  @Test
  void isDarkForWhoPrefersItAndChangesOnRequest() {
    context.close();
    page = open(ColorScheme.DARK);
    assertThat(page.locator("[data-edge]")).hasCount(10);
    assertThat(page.locator("html.pf-v6-theme-dark")).hasCount(1);
    page.screenshot(new Page.ScreenshotOptions().setPath(PICTURES.resolve("graph-dark.png")));

    page.getByLabel("Light colours").click();
    assertThat(page.locator("html.pf-v6-theme-dark")).hasCount(0);
    page.reload();
    assertThat(page.locator("[data-edge]")).hasCount(10);
    assertThat(page.locator("html.pf-v6-theme-dark")).hasCount(0);
  }

  @Test
  void showsTheChosenWindow() {
    assertThat(page.locator("aside")).containsText("over the last minute");

    page.locator("#window-10").click();

    assertThat(page.locator("aside")).containsText("over the last 10 seconds");
  }
}
