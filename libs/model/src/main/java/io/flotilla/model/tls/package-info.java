// SPDX-License-Identifier: Apache-2.0

/** TLS contexts and the secrets that they name. */
@org.jspecify.annotations.NullMarked
package io.flotilla.model.tls;
