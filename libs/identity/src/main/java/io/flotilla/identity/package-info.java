// SPDX-License-Identifier: Apache-2.0

/** SPIFFE ids, keys, CSRs, certificates, trust bundles. */
@org.jspecify.annotations.NullMarked
package io.flotilla.identity;
