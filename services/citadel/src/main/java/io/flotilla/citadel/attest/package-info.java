// SPDX-License-Identifier: Apache-2.0

/**
 * Who is calling. What a caller shows (a token, a client certificate, a trusted relay's word)
 * enters; an attested SPIFFE id leaves, or a {@link io.flotilla.citadel.Refusal} that says what is
 * missing. Exactly one proof counts for a call: a bad token is never outweighed by the certificate
 * of the connection, since that may be a relay's.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.citadel.attest;
