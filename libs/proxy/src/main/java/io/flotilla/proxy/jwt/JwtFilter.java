// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.jwt;

import io.flotilla.model.InvalidModelException;
import io.flotilla.model.policy.JwtAuthentication;
import io.flotilla.model.policy.JwtProvider;
import io.flotilla.model.policy.JwtRequirement;
import io.flotilla.proxy.api.FailureCause;
import io.flotilla.proxy.filter.FilteredRequest;
import io.flotilla.proxy.filter.RequestFilter;
import io.flotilla.rules.match.CompiledMatch;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jose4j.json.JsonUtil;
import org.jspecify.annotations.Nullable;

/**
 * Answers 401 to requests whose tokens are bad or missing where one is wanted, and hands on what
 * good ones say: as headers to the application, as metadata to access rules and routes (Envoy
 * documentation, "JWT authentication").
 */
public final class JwtFilter implements RequestFilter {
  private static final int LONGEST_PATH = 256;

  private record Rule(Predicate<String> path, Optional<JwtRequirement> requirement) {}

  private final JwtAuthentication configuration;
  private final TokenVerifier verifier;
  private final List<Rule> rules;
  private final List<String> ours = new ArrayList<>();

  /**
   * Prepares a configuration.
   *
   * @throws InvalidModelException if it holds a key set that is none
   */
  public JwtFilter(JwtAuthentication configuration, KeySets keySets, Clock clock) {
    this.configuration = configuration;
    this.verifier = new TokenVerifier(configuration, keySets, clock);
    this.rules =
        configuration.rules().stream()
            .map(r -> new Rule(CompiledMatch.of(r.path(), true), r.requirement()))
            .toList();
    for (JwtProvider provider : configuration.providers().values()) {
      if (!provider.payloadHeader().isEmpty()) {
        ours.add(provider.payloadHeader());
      }
      provider.claimHeaders().forEach(c -> ours.add(c.header()));
    }
  }

  @Override
  public boolean apply(FilteredRequest request) {
    // What only a token may say, nobody else may.
    ours.forEach(request.headers()::remove);
    if (configuration.bypassCorsPreflight() && isPreflight(request)) {
      return true;
    }
    Optional<JwtRequirement> requirement = Optional.empty();
    String path = request.path();
    for (Rule rule : rules) {
      if (rule.path().test(path)) {
        requirement = rule.requirement();
        break;
      }
    }
    if (requirement.isEmpty()) {
      return true;
    }
    JwtRequirement wanted = requirement.get();
    RequestTokens tokens = new RequestTokens(request);
    if (verifier.await(
        tokens,
        () -> {
          if (decide(wanted, tokens, request)) {
            request.resume();
          }
        })) {
      return false;
    }
    return decide(wanted, tokens, request);
  }

  private static boolean isPreflight(FilteredRequest request) {
    String origin = request.header("origin");
    String method = request.header("access-control-request-method");
    return request.method().equals("OPTIONS")
        && origin != null
        && !origin.isEmpty()
        && method != null
        && !method.isEmpty();
  }

  private boolean decide(JwtRequirement wanted, RequestTokens tokens, FilteredRequest request) {
    TokenVerifier.Verdict verdict = verifier.judge(wanted, tokens);
    if (verdict.ok()) {
      verdict.accepted().forEach(accepted -> handOn(accepted, request));
      return true;
    }
    TokenStatus status = verdict.status();
    request.note(FailureCause.UNAUTHENTICATED);
    request.details(status.details());
    String path = request.pathAndQuery();
    String shown =
        request.scheme()
            + "://"
            + request.authority()
            + path.substring(0, Math.min(path.length(), LONGEST_PATH));
    request.answerHeaders(
        Map.of(
            "www-authenticate",
            "Bearer realm=\""
                + shown.replace("\"", "%22")
                + '"'
                + (status == TokenStatus.MISSING ? "" : ", error=\"invalid_token\"")));
    request.reply(status == TokenStatus.WRONG_AUDIENCE ? 403 : 401, status.sentence());
    return false;
  }

  private static void handOn(TokenVerifier.Accepted accepted, FilteredRequest request) {
    JwtProvider provider = accepted.provider();
    HttpHeaders headers = request.headers();
    if (!provider.forward()) {
      switch (accepted.where()) {
        case TokenLocation.Header h -> headers.remove(h.name());
        case TokenLocation.Parameter p ->
            request.retarget(RequestTokens.without(request.pathAndQuery(), p.name()));
        // A cookie cannot be taken out of its header without harm to the others.
        case TokenLocation.Cookie c -> {}
      }
    }
    if (!provider.payloadHeader().isEmpty()) {
      String payload = accepted.token().encodedPayload();
      headers.add(
          provider.payloadHeader(),
          provider.padPayloadHeader()
              ? payload + "=".repeat((4 - payload.length() % 4) % 4)
              : payload);
    }
    for (JwtProvider.ClaimHeader each : provider.claimHeaders()) {
      String value = text(claim(accepted.token().payload(), each.claim()));
      if (value != null) {
        headers.add(each.header(), value);
      }
    }
    if (!provider.metadataKey().isEmpty()) {
      Map<String, Object> payload = new LinkedHashMap<>(accepted.token().payload());
      for (String name : provider.spaceDelimitedClaims()) {
        if (payload.get(name) instanceof String words) {
          payload.put(name, List.of(words.split(" ")));
        }
      }
      request.addMetadata(JwtAuthentication.METADATA, Map.of(provider.metadataKey(), payload));
    }
    if (provider.clearRouteCache()) {
      request.reroute();
    }
  }

  private static @Nullable Object claim(Map<String, Object> payload, String path) {
    Object at = payload.get(path);
    if (at != null) {
      return at;
    }
    at = payload;
    for (String key : path.split("\\.")) {
      if (!(at instanceof Map<?, ?> map)) {
        return null;
      }
      at = map.get(key);
    }
    return at;
  }

  private static @Nullable String text(@Nullable Object claim) {
    return switch (claim) {
      case null -> null;
      case String s -> s.chars().allMatch(c -> c >= ' ' && c != 0x7F && c <= 0xFF) ? s : null;
      case Boolean b -> b.toString();
      case Number n -> n.toString();
      default ->
          Base64.getUrlEncoder()
              .withoutPadding()
              .encodeToString(
                  JsonUtil.toJson(Map.of("", claim))
                      .replaceFirst("^\\{\"\":", "")
                      .replaceFirst("}$", "")
                      .getBytes(StandardCharsets.UTF_8));
    };
  }
}
