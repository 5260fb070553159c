// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel.attest;

import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;

/**
 * What a caller shows.
 *
 * @param token its bearer token, which {@code toString} leaves out
 * @param chain its client certificate as TLS verified it, leaf first; empty: none
 * @param relayedFor for whom a relay says it asks
 * @param remote its address, for logs
 */
public record Caller(
    Optional<String> token,
    List<X509Certificate> chain,
    Optional<String> relayedFor,
    String remote) {
  public Caller {
    chain = List.copyOf(chain);
  }

  @Override
  public String toString() {
    return "Caller[" + remote + (token.isPresent() ? ", with a token" : "") + "]";
  }
}
