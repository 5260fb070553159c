// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.jwt;

/** What is wrong with a token, in the words that Envoy answers with. */
public enum TokenStatus {
  OK(""),
  MISSING("Jwt is missing"),
  BAD_FORMAT("Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections"),
  BAD_HEADER_ENCODING("Jwt header is an invalid Base64url encoded"),
  BAD_HEADER("Jwt header is an invalid JSON"),
  BAD_ALGORITHM("Jwt header [alg] field is required and must be a string"),
  UNSUPPORTED_ALGORITHM("Jwt header [alg] is not supported"),
  BAD_KEY_ID("Jwt header [kid] field is not a string"),
  BAD_PAYLOAD_ENCODING("Jwt payload is an invalid Base64url encoded"),
  BAD_PAYLOAD("Jwt payload is an invalid JSON"),
  BAD_ISSUER("Jwt payload [iss] field is not a string"),
  BAD_SUBJECT("Jwt payload [sub] field is not a string"),
  BAD_ISSUED_AT("Jwt payload [iat] field is not an integer"),
  BAD_NOT_BEFORE("Jwt payload [nbf] field is not an integer"),
  BAD_EXPIRY("Jwt payload [exp] field is not an integer"),
  BAD_AUDIENCE("Jwt payload [aud] field is not a string or string list"),
  BAD_SIGNATURE_ENCODING("Jwt signature is an invalid Base64url encoded"),
  UNKNOWN_ISSUER("Jwt issuer is not configured"),
  NOT_YET_VALID("Jwt not yet valid"),
  EXPIRED("Jwt is expired"),
  WRONG_AUDIENCE("Audiences in Jwt are not allowed"),
  NO_KEYS("Jwks remote fetch is failed"),
  NO_SUCH_KEY("Jwks doesn't have key to match kid or alg from Jwt"),
  BAD_SIGNATURE("Jwt verification fails");

  private final String sentence;

  TokenStatus(String sentence) {
    this.sentence = sentence;
  }

  /** The answer's body. */
  public String sentence() {
    return sentence;
  }

  /** As access logs tell it (%RESPONSE_CODE_DETAILS%). */
  public String details() {
    return "jwt_authn_access_denied{" + sentence.replace(' ', '_') + "}";
  }
}
