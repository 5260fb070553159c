// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.kubernetes;

import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.Lenient;
import java.util.List;
import java.util.Optional;

/**
 * A part of a service's endpoints. The service is named by the label {@link #SERVICE}.
 *
 * @param addressType IPv4, IPv6 or FQDN
 */
@Lenient
public record EndpointSlice(
    @Field(value = "IPv4, IPv6 or FQDN.", required = true) String addressType,
    @Field("The endpoints.") List<Endpoint> endpoints,
    @Field("The ports of each.") List<Port> ports) {

  /** The label that names the service. */
  public static final String SERVICE = "kubernetes.io/service-name";

  /** One endpoint; several addresses mean the same workload. */
  @Lenient
  public record Endpoint(
      @Field(value = "Its addresses.", required = true) List<String> addresses,
      @Field("Whether it can serve.") Optional<Conditions> conditions,
      @Field("Its host name.") Optional<String> hostname,
      @Field("The node it runs on.") Optional<String> nodeName,
      @Field("The pod.") Optional<TargetRef> targetRef,
      @Field("The zone it runs in.") Optional<String> zone) {

    /** Whether it takes requests; an absent condition means yes. */
    public boolean isReady() {
      return conditions.flatMap(Conditions::ready).orElse(true);
    }
  }

  /** Whether an endpoint can serve. */
  @Lenient
  public record Conditions(
      @Field("Ready for requests.") Optional<Boolean> ready,
      @Field("Serving, even when terminating.") Optional<Boolean> serving,
      @Field("Being stopped.") Optional<Boolean> terminating) {}

  /** The object behind an endpoint. */
  @Lenient
  public record TargetRef(
      @Field("Its kind.") Optional<String> kind,
      @Field("Its namespace.") Optional<String> namespace,
      @Field("Its name.") Optional<String> name) {}

  /** A port of the endpoints. */
  @Lenient
  public record Port(
      @Field("Its name, as the service's.") Optional<String> name,
      @Field(value = "Its number.", minimum = 1, maximum = 65535) Optional<Integer> port,
      @Field("TCP or UDP.") Optional<String> protocol,
      @Field("The application's protocol.") Optional<String> appProtocol) {}
}
