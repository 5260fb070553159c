// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.security;

import static io.flotilla.api.InvalidValueException.require;

import io.flotilla.api.networking.WorkloadSelector;
import io.flotilla.api.schema.CustomResource;
import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.Rule;
import io.flotilla.api.schema.Rules;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Which tokens requests may bear. A request without one passes; a bad one is refused. */
@CustomResource(
    value = "Which tokens requests may bear.",
    shortNames = "ra",
    categories = {"istio-io", "security-istio-io"},
    labels = {"istio=security"},
    columns = {})
@Rules(Rule.TARGETS_OR_SELECTOR)
public record RequestAuthentication(
    @Field("The workloads it is for; absent: all of the namespace.")
        Optional<WorkloadSelector> selector,
    @Field("What it is attached to.") Optional<PolicyTarget> targetRef,
    @Field(value = "What it is attached to.", maxSize = 16) List<PolicyTarget> targetRefs,
    @Field(value = "The issuers whose tokens are accepted.", maxSize = 4096)
        List<JwtRule> jwtRules) {

  /** One issuer of tokens. */
  @Rules(Rule.ONE_KEY_SET)
  public record JwtRule(
      @Field(value = "Who issues the tokens ('iss').", minLength = 1) Optional<String> issuer,
      @Field(value = "For whom tokens must be ('aud'); absent: anybody.", itemMinLength = 1)
          List<String> audiences,
      @Field(
              value = "Where the issuer's key set is; absent: as its OpenID configuration says.",
              maxLength = 2048,
              minLength = 1,
              rules = Rule.HTTP_URL)
          Optional<String> jwksUri,
      @Field(
              name = "jwks_uri",
              value = "The same, by its old name.",
              maxLength = 2048,
              minLength = 1,
              rules = Rule.HTTP_URL)
          Optional<String> jwksUriOfOld,
      @Field("The issuer's key set itself.") Optional<String> jwks,
      @Field("Headers that bear tokens; absent, as the two below: 'Authorization: Bearer'.")
          List<FromHeader> fromHeaders,
      @Field(value = "Query parameters that bear tokens.", itemMinLength = 1)
          List<String> fromParams,
      @Field(value = "Cookies that bear tokens.", itemMinLength = 1) List<String> fromCookies,
      @Field("The header in which the application gets the token's payload, in base64url.")
          Optional<String> outputPayloadToHeader,
      @Field("Whether the application gets the token itself.")
          Optional<Boolean> forwardOriginalToken,
      @Field("Headers in which the application gets single claims.")
          List<ClaimHeader> outputClaimToHeaders,
      @Field(
              value = "Claims whose text is a list, parted by spaces, beside scope and permission.",
              maxSize = 64,
              itemMinLength = 1)
          List<String> spaceDelimitedClaims,
      @Field(value = "How long fetching the key set may take.", rules = Rule.AT_LEAST_1MS)
          Optional<Duration> timeout) {
    public JwtRule {
      require(
          issuer.isPresent() || jwks.isPresent() || jwksUri.or(() -> jwksUriOfOld).isPresent(),
          "issuer",
          "without an issuer a key set must be given, by jwks or jwksUri");
    }

    /** Where the key set is, by either name. */
    public Optional<String> keySetUri() {
      return jwksUri.or(() -> jwksUriOfOld);
    }
  }

  /** A header that bears tokens. */
  public record FromHeader(
      @Field(value = "Its name.", required = true, minLength = 1) String name,
      @Field("What comes before the token in it, as 'Bearer '.") Optional<String> prefix) {}

  /** A header that gets a claim. */
  public record ClaimHeader(
      @Field(value = "Its name.", required = true, minLength = 1, pattern = "^[-_A-Za-z0-9]+$")
          String header,
      @Field(value = "The claim.", required = true, minLength = 1) String claim) {}
}
