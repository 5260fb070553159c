// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.gateway;

import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.Lenient;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A gateway: listeners that routes attach to. */
@Lenient
public record Gateway(
    @Field(value = "The class, 'istio'.", required = true) String gatewayClassName,
    @Field("What it listens for.") List<Listener> listeners,
    @Field("Addresses that are asked for.") List<Address> addresses) {

  /** One listener. */
  @Lenient
  public record Listener(
      @Field(value = "Its name, for sectionName.", required = true) String name,
      @Field("The host it serves; absent: all.") Optional<String> hostname,
      @Field(value = "Its port.", required = true, minimum = 1, maximum = 65535) int port,
      @Field(value = "HTTP, HTTPS, TLS, TCP or UDP.", required = true) String protocol,
      @Field("TLS.") Optional<Tls> tls,
      @Field("Which routes may attach.") Optional<AllowedRoutes> allowedRoutes) {}

  /** TLS of a listener. */
  @Lenient
  public record Tls(
      @Field("Terminate or Passthrough; Terminate if absent.") Optional<String> mode,
      @Field("Secrets.") List<ObjectReference> certificateRefs,
      @Field("Options of the implementation.") Map<String, String> options) {}

  /** Which routes may attach. */
  @Lenient
  public record AllowedRoutes(
      @Field("From which namespaces.") Optional<RouteNamespaces> namespaces,
      @Field("Of which kinds; none: those of the protocol.") List<RouteKind> kinds) {}

  /** From which namespaces routes may attach. */
  @Lenient
  public record RouteNamespaces(
      @Field("All, Same, Selector or None; Same if absent.") Optional<String> from,
      @Field("Labels of the namespaces.") Optional<LabelSelector> selector) {}

  /** Chooses by labels. */
  @Lenient
  public record LabelSelector(
      @Field("Labels that are equal.") Map<String, String> matchLabels,
      @Field("Conditions on labels.") List<Expression> matchExpressions) {}

  /** A condition on a label: In, NotIn, Exists or DoesNotExist. */
  @Lenient
  public record Expression(
      @Field(value = "The label.", required = true) String key,
      @Field(value = "In, NotIn, Exists or DoesNotExist.", required = true) String operator,
      @Field("The values.") List<String> values) {}

  /** A kind of route. */
  @Lenient
  public record RouteKind(
      @Field("Its group; the Gateway API's if absent.") Optional<String> group,
      @Field(value = "Its kind.", required = true) String kind) {}

  /** An address that is asked for. */
  @Lenient
  public record Address(
      @Field("IPAddress, Hostname or the implementation's; IPAddress if absent.")
          Optional<String> type,
      @Field("The address.") Optional<String> value) {}
}
