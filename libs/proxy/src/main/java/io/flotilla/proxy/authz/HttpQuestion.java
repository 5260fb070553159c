// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.authz;

import io.flotilla.model.match.StringMatch;
import io.flotilla.model.policy.ExternalAuthorization.Service;
import io.flotilla.model.route.HeaderEdits.Mode;
import io.flotilla.proxy.upstream.UpstreamCalls;
import io.flotilla.proxy.wire.HeaderText;
import io.flotilla.rules.match.CompiledMatch;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** Asks an authorization service by a request like the client's own. */
final class HttpQuestion {
  static final Set<String> ALWAYS_TOLD = Set.of(":authority", ":method", ":path", "authorization");
  private static final Set<String> ALWAYS_SHOWN = Set.of("www-authenticate", "location");
  private static final String REMOVE = "x-envoy-auth-headers-to-remove";

  private final Service.Http service;
  private final Predicate<String> upstream;
  private final Predicate<String> appended;
  private final Predicate<String> denied;
  private final Predicate<String> allowed;
  private final Predicate<String> noted;

  HttpQuestion(Service.Http service) {
    this.service = service;
    this.upstream = any(service.upstreamHeaders());
    this.appended = any(service.appendedHeaders());
    Predicate<String> shown = any(service.deniedHeaders());
    this.denied =
        service.deniedHeaders().isEmpty()
            ? name -> true
            : name -> ALWAYS_SHOWN.contains(name) || shown.test(name);
    this.allowed = any(service.allowedHeaders());
    this.noted = any(service.metadataHeaders());
  }

  /** Whether one of these matches. */
  static Predicate<String> any(List<StringMatch> matches) {
    List<Predicate<String>> all = matches.stream().map(CompiledMatch::of).toList();
    return name -> {
      for (Predicate<String> each : all) {
        if (each.test(name)) {
          return true;
        }
      }
      return false;
    };
  }

  /** {@code told}: the client's headers, pseudo headers included. */
  FullHttpRequest request(Map<String, String> told, byte[] body) {
    FullHttpRequest request =
        new DefaultFullHttpRequest(
            HttpVersion.HTTP_1_1,
            HttpMethod.valueOf(told.getOrDefault(":method", "GET")),
            service.pathPrefix() + told.getOrDefault(":path", "/"),
            Unpooled.wrappedBuffer(body));
    HttpHeaders headers = request.headers();
    told.forEach(
        (name, value) -> {
          if (!name.startsWith(":") && !HeaderText.isFraming(name)) {
            headers.set(name, value);
          }
        });
    headers.set("host", told.getOrDefault(":authority", ""));
    headers.set("content-length", body.length);
    headers.set("x-envoy-internal", "true");
    if (!service.timeout().isZero()) {
      headers.set("x-envoy-expected-rq-timeout-ms", service.timeout().toMillis());
    }
    service.headers().forEach(headers::set);
    return request;
  }

  Verdict read(UpstreamCalls.Answer answer) {
    if (answer.status() >= 500) {
      return new Verdict.Failed();
    }
    return answer.status() == 200 ? allowed(answer.headers()) : denied(answer);
  }

  private Verdict allowed(HttpHeaders headers) {
    List<Mutation> request = new ArrayList<>();
    List<Mutation> shown = new ArrayList<>();
    List<String> removed = new ArrayList<>();
    for (Map.Entry<String, String> each : headers) {
      String name = each.getKey().toLowerCase(Locale.ROOT);
      if (upstream.test(name)) {
        request.add(new Mutation(name, each.getValue(), Mode.OVERWRITE));
      }
      if (appended.test(name)) {
        request.add(new Mutation(name, each.getValue(), Mode.APPEND));
      }
      if (allowed.test(name)) {
        shown.add(new Mutation(name, each.getValue(), Mode.APPEND));
      }
      if (name.equals(REMOVE)) {
        for (String gone : each.getValue().split(",")) {
          removed.add(gone.strip());
        }
      }
    }
    return new Verdict.Allowed(request, removed, shown, List.of(), List.of(), noted(headers));
  }

  private Verdict denied(UpstreamCalls.Answer answer) {
    List<Mutation> shown = new ArrayList<>();
    for (Map.Entry<String, String> each : answer.headers()) {
      String name = each.getKey().toLowerCase(Locale.ROOT);
      if (denied.test(name) && !name.equals("host") && !name.startsWith("x-http2-")) {
        shown.add(new Mutation(name, each.getValue(), Mode.OVERWRITE));
      }
    }
    return new Verdict.Denied(
        answer.status(), shown, CheckRequests.utf8(answer.body()), noted(answer.headers()));
  }

  private Map<String, Object> noted(HttpHeaders headers) {
    Map<String, Object> out = new LinkedHashMap<>();
    for (Map.Entry<String, String> each : headers) {
      String name = each.getKey().toLowerCase(Locale.ROOT);
      if (noted.test(name)) {
        out.put(name, each.getValue());
      }
    }
    return out;
  }
}
