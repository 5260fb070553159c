// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.jwt;

import io.flotilla.model.policy.JwtAuthentication;
import io.flotilla.model.policy.JwtProvider;
import io.flotilla.model.policy.JwtRequirement;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jose4j.jwk.JsonWebKey;
import org.jspecify.annotations.Nullable;

/**
 * Judges the tokens of requests by the requirements of one configuration. If several tokens are
 * there, all must be good: else a good one could let a bad one through to the application.
 */
public final class TokenVerifier {
  private final JwtAuthentication configuration;
  private final KeySets keySets;
  private final Clock clock;
  private final Map<String, List<TokenLocation>> locations = new LinkedHashMap<>();

  /**
   * Prepares a configuration.
   *
   * @throws io.flotilla.model.InvalidModelException if one of its inline key sets is none
   */
  public TokenVerifier(JwtAuthentication configuration, KeySets keySets, Clock clock) {
    this.configuration = configuration;
    this.keySets = keySets;
    this.clock = clock;
    configuration
        .providers()
        .forEach(
            (name, provider) -> {
              keySets.prepare(provider.keys());
              locations.put(name, TokenLocation.of(provider));
            });
  }

  /** A token that was accepted, by which provider, and where it was. */
  record Accepted(Token token, JwtProvider provider, TokenLocation where) {}

  /** What came of a requirement. */
  record Verdict(TokenStatus status, List<Accepted> accepted) {
    static Verdict of(TokenStatus status) {
      return new Verdict(status, List.of());
    }

    boolean ok() {
      return status == TokenStatus.OK;
    }
  }

  private record Found(String text, TokenLocation where, Set<String> providers) {}

  /**
   * Sees to the keys that the request's tokens need.
   *
   * @param then run once, when all are known or cannot be had
   * @return whether there is something to wait for; if not, {@code then} is not run
   */
  boolean await(TokenCarrier request, Runnable then) {
    Set<JwtProvider.Keys> needed = new LinkedHashSet<>();
    for (Found found : find(configuration.providers().keySet(), request)) {
      if (Token.read(found.text()) instanceof Token.Read.Good(Token token)) {
        for (JwtProvider provider : configuration.providers().values()) {
          if (isIssuedBy(token, provider)) {
            needed.add(provider.keys());
          }
        }
      }
    }
    int[] open = {1};
    Runnable one =
        () -> {
          if (--open[0] == 0) {
            then.run();
          }
        };
    boolean waiting = false;
    for (JwtProvider.Keys keys : needed) {
      open[0]++;
      if (keySets.refresh(keys, one)) {
        waiting = true;
      } else {
        open[0]--;
      }
    }
    if (waiting) {
      one.run();
    }
    return waiting;
  }

  /** Judges a request by the keys that are known. */
  Verdict judge(JwtRequirement requirement, TokenCarrier request) {
    return switch (requirement) {
      case JwtRequirement.Provided p -> provided(p, request);
      case JwtRequirement.AllowMissing m ->
          missing(configuration.providers().keySet(), request, false);
      case JwtRequirement.AllowMissingOrFailed m ->
          missing(configuration.providers().keySet(), request, true);
      case JwtRequirement.AllOf all -> {
        List<Accepted> accepted = new ArrayList<>();
        for (JwtRequirement each : all.all()) {
          Verdict verdict = judge(each, request);
          if (!verdict.ok()) {
            yield verdict;
          }
          accepted.addAll(verdict.accepted());
        }
        yield new Verdict(TokenStatus.OK, accepted);
      }
      case JwtRequirement.AnyOf any -> any(any, request);
    };
  }

  private Verdict any(JwtRequirement.AnyOf any, TokenCarrier request) {
    @Nullable JwtRequirement bypass = null;
    TokenStatus worst = TokenStatus.MISSING;
    for (JwtRequirement each : any.any()) {
      if (each instanceof JwtRequirement.AllowMissingOrFailed
          || each instanceof JwtRequirement.AllowMissing) {
        if (!(bypass instanceof JwtRequirement.AllowMissingOrFailed)) {
          bypass = each;
        }
        continue;
      }
      Verdict verdict = judge(each, request);
      if (verdict.ok()) {
        return verdict;
      }
      worst = worse(worst, verdict.status());
    }
    if (bypass != null) {
      Verdict verdict =
          missing(providers(any), request, bypass instanceof JwtRequirement.AllowMissingOrFailed);
      if (verdict.ok()) {
        return verdict;
      }
      worst = worse(worst, verdict.status());
    }
    return Verdict.of(worst);
  }

  /**
   * That a token is missing says least, that it is somebody else's little; else the last counts.
   */
  private static TokenStatus worse(TokenStatus before, TokenStatus now) {
    return weight(now) >= weight(before) ? now : before;
  }

  private static int weight(TokenStatus status) {
    return switch (status) {
      case MISSING -> 0;
      case UNKNOWN_ISSUER -> 1;
      default -> 2;
    };
  }

  private Verdict provided(JwtRequirement.Provided p, TokenCarrier request) {
    JwtProvider provider = configuration.providers().get(p.provider());
    if (provider == null) {
      return Verdict.of(TokenStatus.UNKNOWN_ISSUER);
    }
    List<Found> found = find(Set.of(p.provider()), request);
    if (found.isEmpty()) {
      return Verdict.of(TokenStatus.MISSING);
    }
    List<String> audiences = p.audiences().isEmpty() ? provider.audiences() : p.audiences();
    List<Accepted> accepted = new ArrayList<>();
    for (Found each : found.reversed()) {
      switch (Token.read(each.text())) {
        case Token.Read.Bad bad -> {
          return Verdict.of(bad.why());
        }
        case Token.Read.Good good -> {
          TokenStatus status =
              isIssuedBy(good.token(), provider)
                  ? verify(good.token(), provider, audiences)
                  : TokenStatus.UNKNOWN_ISSUER;
          if (status != TokenStatus.OK) {
            return Verdict.of(status);
          }
          accepted.add(new Accepted(good.token(), provider, each.where()));
        }
      }
    }
    return new Verdict(TokenStatus.OK, accepted);
  }

  /** Tokens need not be there, but those that are must be good, unless also failed ones pass. */
  private Verdict missing(Set<String> names, TokenCarrier request, boolean failedToo) {
    List<Accepted> accepted = new ArrayList<>();
    for (Found each : find(names, request).reversed()) {
      TokenStatus status =
          switch (Token.read(each.text())) {
            case Token.Read.Bad bad -> bad.why();
            case Token.Read.Good good -> byIssuer(good.token(), each, accepted);
          };
      if (status != TokenStatus.OK) {
        return failedToo ? new Verdict(TokenStatus.OK, accepted) : Verdict.of(status);
      }
    }
    return new Verdict(TokenStatus.OK, accepted);
  }

  private TokenStatus byIssuer(Token token, Found found, List<Accepted> accepted) {
    for (String name : found.providers()) {
      JwtProvider provider = configuration.providers().get(name);
      if (provider != null && isIssuedBy(token, provider)) {
        TokenStatus status = verify(token, provider, provider.audiences());
        if (status == TokenStatus.OK) {
          accepted.add(new Accepted(token, provider, found.where()));
        }
        return status;
      }
    }
    return TokenStatus.UNKNOWN_ISSUER;
  }

  private static boolean isIssuedBy(Token token, JwtProvider provider) {
    return provider.issuer().isEmpty() || provider.issuer().equals(token.issuer());
  }

  private TokenStatus verify(Token token, JwtProvider provider, List<String> audiences) {
    long now = clock.instant().getEpochSecond();
    long skew = provider.clockSkew().toSeconds();
    if (token.notBefore() > 0 && now + skew < token.notBefore()) {
      return TokenStatus.NOT_YET_VALID;
    }
    if (token.expiry() > 0 && now > token.expiry() + skew) {
      return TokenStatus.EXPIRED;
    }
    if (!audiences.isEmpty()
        && token.audiences().stream()
            .map(TokenVerifier::bare)
            .noneMatch(a -> audiences.stream().anyMatch(wanted -> bare(wanted).equals(a)))) {
      return TokenStatus.WRONG_AUDIENCE;
    }
    List<JsonWebKey> keys = keySets.known(provider.keys());
    return keys == null ? TokenStatus.NO_KEYS : SignatureCheck.check(token, keys);
  }

  /** Envoy compares audiences without scheme and closing slash. */
  private static String bare(String audience) {
    String out = audience;
    if (out.startsWith("https://")) {
      out = out.substring("https://".length());
    } else if (out.startsWith("http://")) {
      out = out.substring("http://".length());
    }
    return out.endsWith("/") ? out.substring(0, out.length() - 1) : out;
  }

  /** Those that an alternative names; if none, all. */
  private Set<String> providers(JwtRequirement.AnyOf any) {
    Set<String> out = new TreeSet<>();
    any.any().forEach(each -> collect(each, out));
    return out.isEmpty() ? configuration.providers().keySet() : out;
  }

  private static void collect(JwtRequirement requirement, Set<String> out) {
    switch (requirement) {
      case JwtRequirement.Provided p -> out.add(p.provider());
      case JwtRequirement.AnyOf any -> any.any().forEach(each -> collect(each, out));
      case JwtRequirement.AllOf all -> all.all().forEach(each -> collect(each, out));
      case JwtRequirement.AllowMissing m -> {}
      case JwtRequirement.AllowMissingOrFailed m -> {}
    }
  }

  /** All tokens that are there; Envoy, and so we, look at the last of them first. */
  private List<Found> find(Set<String> names, TokenCarrier request) {
    Map<TokenLocation, Set<String>> by = new LinkedHashMap<>();
    for (String name : names) {
      for (TokenLocation location : locations.getOrDefault(name, List.of())) {
        by.computeIfAbsent(location, l -> new LinkedHashSet<>()).add(name);
      }
    }
    List<Found> out = new ArrayList<>();
    by.forEach(
        (location, providers) -> {
          String text = location.find(request);
          if (text != null) {
            out.add(new Found(text, location, providers));
          }
        });
    return out;
  }
}
