// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.policy;

import io.flotilla.model.Checks;
import java.time.Duration;
import java.util.List;

/**
 * An issuer of tokens (Envoy: extensions.filters.http.jwt_authn.v3.JwtProvider).
 *
 * @param issuer empty: whoever signed by one of the keys
 * @param audiences one of them must be meant; empty: anybody may be
 * @param forward whether the upstream gets the token
 * @param fromHeaders where tokens are; with this and the two below empty: "Authorization: Bearer"
 *     and the query parameter "access_token"
 * @param payloadHeader gets the payload in base64url; empty: none does
 * @param metadataKey under which the payload is noted; empty: it is not
 * @param spaceDelimitedClaims are noted as lists
 * @param clearRouteCache whether the route is chosen anew by what was noted
 * @param clockSkew by which times may be wrong
 */
public record JwtProvider(
    String issuer,
    List<String> audiences,
    Keys keys,
    boolean forward,
    List<FromHeader> fromHeaders,
    List<String> fromParams,
    List<String> fromCookies,
    String payloadHeader,
    boolean padPayloadHeader,
    String metadataKey,
    List<String> spaceDelimitedClaims,
    List<ClaimHeader> claimHeaders,
    boolean clearRouteCache,
    Duration clockSkew) {
  /** How wrong clocks may be if nothing is said. */
  public static final Duration DEFAULT_SKEW = Duration.ofSeconds(60);

  public JwtProvider {
    audiences = List.copyOf(audiences);
    fromHeaders = List.copyOf(fromHeaders);
    fromParams = List.copyOf(fromParams);
    fromCookies = List.copyOf(fromCookies);
    spaceDelimitedClaims = List.copyOf(spaceDelimitedClaims);
    claimHeaders = List.copyOf(claimHeaders);
    Checks.notNegative(clockSkew, "clock skew of the JWT provider of " + issuer);
  }

  /** Tokens in a header, after {@code prefix}. */
  public record FromHeader(String name, String prefix) {
    public FromHeader {
      Checks.notEmpty(name, "header name of a JWT provider");
    }
  }

  /** A header that gets a claim; dots lead into nested claims. */
  public record ClaimHeader(String header, String claim) {
    public ClaimHeader {
      Checks.notEmpty(header, "header name of a claim");
      Checks.notEmpty(claim, "name of a claim");
    }
  }

  /** Where the issuer's keys are. */
  public sealed interface Keys {
    /** A JSON web key set. */
    record Inline(String jwks) implements Keys {}

    /**
     * A key set to be fetched.
     *
     * @param uri "https://host/path"
     * @param cluster by which the host is reached
     * @param timeout of one try
     * @param cache how long a set is taken for new
     */
    record Remote(String uri, String cluster, Duration timeout, Duration cache) implements Keys {
      public Remote {
        Checks.notEmpty(uri, "URI of a remote key set");
        Checks.notEmpty(cluster, "cluster of the remote key set " + uri);
        Checks.notNegative(timeout, "timeout of the remote key set " + uri);
        Checks.notNegative(cache, "cache duration of the remote key set " + uri);
      }
    }
  }
}
