// SPDX-License-Identifier: Apache-2.0
package io.flotilla.testkit.browser;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Playwright;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The installed Chromium, driven by the Playwright driver that lies among the console's own npm
 * packages: nothing is downloaded.
 */
public final class Chromium implements AutoCloseable {
  private final Playwright playwright;
  private final Browser browser;

  private Chromium(Playwright playwright, Browser browser) {
    this.playwright = playwright;
    this.browser = browser;
  }

  /** Where it is installed, if it is. */
  public static Optional<Path> installed() {
    return onPath("chromium").or(() -> onPath("chromium-browser"));
  }

  private static Optional<Path> onPath(String name) {
    for (String folder : System.getenv().getOrDefault("PATH", "/usr/bin").split(":")) {
      Path candidate = Path.of(folder, name);
      if (Files.isExecutable(candidate)) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }

  /**
   * Starts it without a window.
   *
   * @param packages the console's {@code node_modules}
   * @throws IOException if the driver cannot be linked below {@code target}
   */
  public static Chromium start(Path executable, Path packages) throws IOException {
    Path driver = Path.of("target", "playwright").toAbsolutePath();
    Files.createDirectories(driver);
    Path linked = driver.resolve("package");
    Files.deleteIfExists(linked);
    Files.createSymbolicLink(linked, packages.resolve("playwright-core").toAbsolutePath());
    System.setProperty("playwright.cli.dir", driver.toString());
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.put("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    environment.put("PLAYWRIGHT_NODEJS_PATH", onPath("node").orElseThrow().toString());
    Playwright playwright = Playwright.create(new Playwright.CreateOptions().setEnv(environment));
    Browser browser =
        playwright
            .chromium()
            .launch(
                new BrowserType.LaunchOptions()
                    .setExecutablePath(executable)
                    .setHeadless(true)
                    .setArgs(
                        List.of(
                            "--no-sandbox",
                            "--disable-gpu",
                            "--disable-quic",
                            "--no-first-run",
                            "--disable-background-networking",
                            "--disable-component-update",
                            "--disable-sync")));
    return new Chromium(playwright, browser);
  }

  /** The browser, in which each test opens a context of its own. */
  public Browser browser() {
    return browser;
  }

  @Override
  public void close() {
    browser.close();
    playwright.close();
  }
}
