// SPDX-License-Identifier: Apache-2.0
package io.flotilla.rules.route;

import io.flotilla.model.policy.Cors;
import io.flotilla.rules.RequestView;
import io.flotilla.rules.match.CompiledMatch;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Cross-origin requests (Envoy: the CORS filter). Compiled once per route. */
public final class CorsRule {
  private final Cors cors;
  private final List<Predicate<String>> origins;

  public CorsRule(Cors cors) {
    this.cors = cors;
    this.origins = cors.allowOrigins().stream().map(CompiledMatch::of).toList();
  }

  /** What to do with a request. */
  public Decision decide(RequestView request) {
    String origin = request.header("origin");
    if (origin == null || origin.isEmpty()) {
      return new Decision.Ignore();
    }
    boolean allowed = origins.stream().anyMatch(o -> o.test(origin));
    boolean preflight =
        request.method().equals("OPTIONS")
            && request.header("access-control-request-method") != null;
    if (!allowed && (!preflight || cors.forwardNotMatchingPreflights())) {
      return new Decision.Ignore();
    }
    Map<String, String> headers = new LinkedHashMap<>();
    if (allowed) {
      headers.put("access-control-allow-origin", origin);
    }
    if (cors.allowCredentials().orElse(false)) {
      headers.put("access-control-allow-credentials", "true");
    }
    if (allowed) {
      join(headers, "access-control-expose-headers", cors.exposeHeaders());
    }
    if (!preflight) {
      return new Decision.Decorate(headers);
    }
    join(
        headers,
        "access-control-allow-methods",
        asked(cors.allowMethods(), request.header("access-control-request-method")));
    join(
        headers,
        "access-control-allow-headers",
        asked(cors.allowHeaders(), request.header("access-control-request-headers")));
    cors.maxAge()
        .ifPresent(age -> headers.put("access-control-max-age", String.valueOf(age.toSeconds())));
    return new Decision.Preflight(headers);
  }

  // "*" allows what is asked for.
  private static List<String> asked(List<String> allowed, @Nullable String wanted) {
    return allowed.equals(List.of("*")) ? (wanted == null ? List.of() : List.of(wanted)) : allowed;
  }

  private static void join(Map<String, String> headers, String name, List<String> values) {
    if (!values.isEmpty()) {
      headers.put(name, String.join(",", values));
    }
  }

  /** What to do with a request. */
  public sealed interface Decision {
    /** Not cross-origin, or not from an allowed origin: pass it on untouched. */
    record Ignore() implements Decision {}

    /** Answer 200 with these headers. */
    record Preflight(Map<String, String> headers) implements Decision {}

    /** Pass it on and add these headers to the answer. */
    record Decorate(Map<String, String> headers) implements Decision {}
  }
}
