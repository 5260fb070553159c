// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import static io.flotilla.api.InvalidValueException.require;

import io.flotilla.api.schema.Field;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A rule for TLS connections that are passed through, by server name. */
public record TlsRoute(
    @Field(value = "The connections it is for.", required = true) List<Match> match,
    @Field("Where they go, shared by weight.") List<RouteDestination> route) {
  public TlsRoute {
    require(!match.isEmpty(), "match", "a TLS route needs at least one match");
    require(!route.isEmpty(), "route", "a TLS route needs at least one destination");
  }

  /** Which TLS connections: everything that is set must hold. */
  public record Match(
      @Field(value = "Server names, also with a leading wildcard.", required = true)
          List<String> sniHosts,
      @Field("Destination addresses or subnets.") List<String> destinationSubnets,
      @Field(value = "The port that was asked for.", unsigned = true) Optional<Integer> port,
      @Field("Labels of the calling workload.") Map<String, String> sourceLabels,
      @Field("Gateways that apply this match.") List<String> gateways,
      @Field("Namespace of the calling workload.") Optional<String> sourceNamespace) {
    public Match {
      require(!sniHosts.isEmpty(), "sniHosts", "a TLS match needs at least one server name");
      Hosts.check("sniHosts", sniHosts);
      Ports.check("port", port);
    }
  }
}
