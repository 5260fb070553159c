// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import static io.flotilla.api.InvalidValueException.require;

import io.flotilla.api.schema.Field;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A rule for TCP connections. */
public record TcpRoute(
    @Field("The connections it is for; none: all.") List<Match> match,
    @Field("Where they go, shared by weight.") List<RouteDestination> route) {
  public TcpRoute {
    require(!route.isEmpty(), "route", "a TCP route needs at least one destination");
  }

  /** Which TCP connections: everything that is set must hold. */
  public record Match(
      @Field("Destination addresses or subnets.") List<String> destinationSubnets,
      @Field(value = "The port that was asked for.", unsigned = true) Optional<Integer> port,
      @Field("Has no effect.") Optional<String> sourceSubnet,
      @Field("Labels of the calling workload.") Map<String, String> sourceLabels,
      @Field("Gateways that apply this match.") List<String> gateways,
      @Field("Namespace of the calling workload.") Optional<String> sourceNamespace) {
    public Match {
      Ports.check("port", port);
    }
  }
}
