// SPDX-License-Identifier: Apache-2.0

/**
 * Istio's networking.istio.io resources as records. A document enters as a tree and leaves as a
 * record that its schema and its constructor accepted; names, types and defaults are upstream's
 * (istio.io/api networking/v1).
 */
@NullMarked
package io.flotilla.api.networking;

import org.jspecify.annotations.NullMarked;
