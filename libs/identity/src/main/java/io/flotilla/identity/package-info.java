// SPDX-License-Identifier: Apache-2.0

/**
 * Who a workload is and how it proves it: SPIFFE ids, keys, certificate requests, X.509-SVIDs,
 * trust bundles and JSON web tokens. PEM, DER and JSON from outside enter through {@code parse}
 * methods, which are bounded and refuse by name; what leaves is valid by construction. Nothing here
 * opens a socket or a file, nothing reads the wall clock but through an injected {@code Clock}, and
 * no type shows key material in its {@code toString}.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.identity;
