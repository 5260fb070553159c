// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.kubernetes;

import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.Lenient;
import java.util.List;
import java.util.Optional;

/** A pod: its specification and what became of it. */
@Lenient
public record Pod(
    @Field("What it is to be.") Optional<Spec> spec,
    @Field("What it is.") Optional<Status> status) {

  /** What a pod is to be. */
  @Lenient
  public record Spec(
      @Field("The service account it runs as.") Optional<String> serviceAccountName,
      @Field("The node it runs on.") Optional<String> nodeName,
      @Field("Whether it uses the node's network.") Optional<Boolean> hostNetwork,
      @Field("Its containers.") List<Container> containers) {}

  /** One container. */
  @Lenient
  public record Container(
      @Field("Its name.") Optional<String> name, @Field("Its ports.") List<Port> ports) {}

  /** A port of a container. */
  @Lenient
  public record Port(
      @Field("Its name.") Optional<String> name,
      @Field("Its number.") Optional<Integer> containerPort,
      @Field("TCP or UDP.") Optional<String> protocol) {}

  /** What a pod is. */
  @Lenient
  public record Status(
      @Field("Pending, Running, Succeeded, Failed or Unknown.") Optional<String> phase,
      @Field("Its address.") Optional<String> podIP,
      @Field("Its conditions.") List<Condition> conditions) {}

  /** One condition. */
  @Lenient
  public record Condition(
      @Field("Which.") Optional<String> type,
      @Field("True, False or Unknown.") Optional<String> status) {}
}
