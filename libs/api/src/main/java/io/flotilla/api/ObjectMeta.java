// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api;

import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.Lenient;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Kubernetes' metadata of an object, as far as a mesh reads it.
 *
 * @param namespace empty for an object of the whole cluster
 */
@Lenient
public record ObjectMeta(
    @Field(value = "The object's name.", required = true) String name,
    @Field("The object's namespace.") String namespace,
    @Field("Labels.") Map<String, String> labels,
    @Field("Annotations.") Map<String, String> annotations,
    @Field("Unique id.") Optional<String> uid,
    @Field("Version of the stored object.") Optional<String> resourceVersion,
    @Field("Counts changes of the specification.") Optional<Long> generation,
    @Field("When it was made.") Optional<Instant> creationTimestamp,
    @Field("What it belongs to.") List<OwnerReference> ownerReferences) {
  private static final Pattern SUBDOMAIN =
      Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");
  private static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?");
  private static final int NAME = 253;
  private static final int NAMESPACE = 63;

  public ObjectMeta {
    labels = Map.copyOf(labels);
    annotations = Map.copyOf(annotations);
    ownerReferences = List.copyOf(ownerReferences);
    InvalidValueException.require(
        name.length() <= NAME && SUBDOMAIN.matcher(name).matches(),
        "name",
        "'" + name + "' is not a name: use lower case letters, digits, '-' and '.', at most 253");
    InvalidValueException.require(
        namespace.isEmpty()
            || (namespace.length() <= NAMESPACE && LABEL.matcher(namespace).matches()),
        "namespace",
        "'"
            + namespace
            + "' is not a namespace: use lower case letters, digits and '-', at most 63");
  }

  /** A name in a namespace and nothing more. */
  public static ObjectMeta of(String namespace, String name) {
    return new ObjectMeta(
        name,
        namespace,
        Map.of(),
        Map.of(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        List.of());
  }

  /** The same in another namespace. */
  public ObjectMeta inNamespace(String other) {
    return new ObjectMeta(
        name,
        other,
        labels,
        annotations,
        uid,
        resourceVersion,
        generation,
        creationTimestamp,
        ownerReferences);
  }

  /**
   * "namespace/name", or "name" for an object of the whole cluster: the name on the wire of MCP.
   */
  public String fullName() {
    return namespace.isEmpty() ? name : namespace + "/" + name;
  }

  /** What an object belongs to, by kind and name. */
  @Lenient
  public record OwnerReference(
      @Field("apiVersion of the owner.") Optional<String> apiVersion,
      @Field("Kind of the owner.") Optional<String> kind,
      @Field("Name of the owner.") Optional<String> name,
      @Field("Whether the owner controls it.") Optional<Boolean> controller) {}
}
