// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import io.flotilla.proxy.api.PeerIdentity;
import io.flotilla.proxy.api.RequestObserver;
import io.flotilla.telemetry.api.SpanSink;
import java.time.Duration;

/**
 * What an engine is, apart from what it is told to do.
 *
 * @param name for thread names and logs
 * @param self the workload beside it; labels of metrics and peers' metadata
 * @param nodeId as Pilot knows it
 * @param gateway whether it stands at the edge (reports as a source only)
 * @param spans takes finished spans
 * @param observer told of every finished request
 * @param reasonsToPeers errors to mutually authenticated callers carry x-flotilla-reason
 * @param drain how long requests in flight may take once {@link ProxyEngine#drain} was asked
 * @param overload how much it takes on, with the other engines that share it
 */
public record EngineConfig(
    String name,
    PeerIdentity self,
    String nodeId,
    boolean gateway,
    SpanSink spans,
    RequestObserver observer,
    boolean reasonsToPeers,
    Duration drain,
    Overload overload) {}
