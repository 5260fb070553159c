// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.api;

import io.flotilla.model.listener.Listener.TrafficDirection;
import java.util.Optional;
import java.util.Set;

/**
 * What became of one request: which way it took, by which object, and how it ended.
 *
 * @param startEpochNanos nanoseconds since 1970
 * @param durationNanos from the first byte of the request to the last of the answer
 * @param route the route's name; empty when none matched
 * @param source the configuration object that the route came from; may be empty
 * @param cluster empty when none was chosen
 * @param endpoint "host:port"; empty when none was chosen
 * @param status the answer's; 0 when the client left before it
 * @param grpcStatus of gRPC answers
 * @param failures empty: the upstream answered
 * @param attempts tries upstream
 */
public record RequestRecord(
    TrafficDirection direction,
    String listener,
    long startEpochNanos,
    long durationNanos,
    String protocol,
    String method,
    String authority,
    String path,
    String route,
    String source,
    String cluster,
    String endpoint,
    int status,
    Optional<Integer> grpcStatus,
    Set<FailureCause> failures,
    int attempts,
    long requestBytes,
    long responseBytes,
    boolean mutualTls,
    PeerIdentity sourcePeer,
    PeerIdentity destinationPeer,
    String destinationService,
    String requestId) {}
