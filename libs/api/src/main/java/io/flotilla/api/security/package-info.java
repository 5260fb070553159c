// SPDX-License-Identifier: Apache-2.0

/**
 * Istio's security.istio.io resources as records. Names, types and defaults are upstream's
 * (istio.io/api security/v1).
 */
@NullMarked
package io.flotilla.api.security;

import org.jspecify.annotations.NullMarked;
