// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.server;

import io.flotilla.model.node.ProxyNode;
import java.util.Optional;

/**
 * A proxy on a stream.
 *
 * @param spiffeId of the mTLS peer; empty on the plaintext port
 */
public record ConnectedProxy(
    ProxyNode node, Optional<String> spiffeId, String remoteAddress, boolean delta) {}
