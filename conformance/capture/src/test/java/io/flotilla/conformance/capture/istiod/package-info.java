// SPDX-License-Identifier: Apache-2.0
/**
 * What a real istiod sent to proxies, run by our engine: each scenario of the corpus in a network
 * namespace of its own, with the addresses, ports and identities that it names, captured by the
 * rules of {@code flotilla iptables}, and asked by curl and openssl.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.conformance.capture.istiod;
