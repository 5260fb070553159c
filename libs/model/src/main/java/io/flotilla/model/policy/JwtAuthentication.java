// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.policy;

import io.flotilla.model.Checks;
import io.flotilla.model.match.PathMatch;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Verifies the tokens that requests bear (Envoy: extensions.filters.http.jwt_authn.v3).
 *
 * @param providers by name
 * @param rules the first whose path fits counts; if none does, nothing is asked
 * @param bypassCorsPreflight whether preflights pass without a token
 */
public record JwtAuthentication(
    Map<String, JwtProvider> providers, List<Rule> rules, boolean bypassCorsPreflight) {
  /** The name under which payloads are noted in a request's metadata. */
  public static final String METADATA = "envoy.filters.http.jwt_authn";

  public JwtAuthentication {
    providers = Collections.unmodifiableMap(new TreeMap<>(providers));
    rules = List.copyOf(rules);
    for (Rule rule : rules) {
      if (rule.requirement().isPresent()) {
        checkProviders(rule.requirement().get(), providers);
      }
    }
  }

  private static void checkProviders(JwtRequirement root, Map<String, JwtProvider> providers) {
    Deque<JwtRequirement> open = new ArrayDeque<>(List.of(root));
    while (!open.isEmpty()) {
      switch (open.pop()) {
        case JwtRequirement.Provided p ->
            Checks.require(
                providers.containsKey(p.provider()),
                "a JWT requirement names the provider '" + p.provider() + "', which is not there");
        case JwtRequirement.AnyOf any -> any.any().forEach(open::push);
        case JwtRequirement.AllOf all -> all.all().forEach(open::push);
        case JwtRequirement.AllowMissing m -> {}
        case JwtRequirement.AllowMissingOrFailed m -> {}
      }
    }
  }

  /**
   * What requests of a path must bear.
   *
   * @param requirement empty: nothing is asked of them
   */
  public record Rule(PathMatch path, Optional<JwtRequirement> requirement) {}
}
