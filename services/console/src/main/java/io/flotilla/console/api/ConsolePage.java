// SPDX-License-Identifier: Apache-2.0
package io.flotilla.console.api;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;

/**
 * The page, at {@code /} and {@code /console}. Its files lie in the jar under {@code
 * META-INF/resources/console}, where Quarkus serves them from; nothing on it may come from, or go
 * to, another origin.
 */
@ApplicationScoped
public class ConsolePage {
  private static final int BEFORE_THE_FILES = -50_000;
  private static final String INDEX = "/console/index.html";
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
          + " font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none';"
          + " frame-ancestors 'none'";

  void serve(@Observes Router router) {
    router.route("/").order(BEFORE_THE_FILES).handler(ConsolePage::index);
    router.route("/console").order(BEFORE_THE_FILES).handler(ConsolePage::index);
    router.route("/console/*").order(BEFORE_THE_FILES + 1).handler(ConsolePage::protect);
  }

  private static void index(RoutingContext context) {
    String path = context.normalizedPath();
    boolean reads =
        context.request().method() == HttpMethod.GET
            || context.request().method() == HttpMethod.HEAD;
    if (reads && (path.equals("/") || path.equals("/console") || path.equals("/console/"))) {
      context.reroute(INDEX);
    } else {
      context.next();
    }
  }

  private static void protect(RoutingContext context) {
    HttpServerResponse response = context.response();
    response.putHeader("Content-Security-Policy", POLICY);
    response.putHeader("X-Content-Type-Options", "nosniff");
    response.putHeader("X-Frame-Options", "DENY");
    response.putHeader("Referrer-Policy", "no-referrer");
    response.putHeader("Cross-Origin-Opener-Policy", "same-origin");
    response.putHeader("Cross-Origin-Resource-Policy", "same-origin");
    if (context.normalizedPath().startsWith("/console/assets/")) {
      // Their names change with their content.
      response.putHeader("Cache-Control", "public, max-age=31536000, immutable");
    } else {
      response.putHeader("Cache-Control", "no-cache");
    }
    context.next();
  }
}
