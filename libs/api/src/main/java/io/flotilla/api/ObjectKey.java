// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api;

/**
 * What makes an object the same object, whatever its version: group, kind, namespace and name.
 *
 * @param group empty for Kubernetes' core
 * @param namespace empty for an object of the whole cluster
 */
public record ObjectKey(String group, String kind, String namespace, String name)
    implements Comparable<ObjectKey> {

  /** Of a resource. */
  public static ObjectKey of(Resource<?> resource) {
    return new ObjectKey(
        resource.kind().group(),
        resource.kind().kind(),
        resource.metadata().namespace(),
        resource.metadata().name());
  }

  @Override
  public int compareTo(ObjectKey other) {
    int order = kind.compareTo(other.kind);
    order = order != 0 ? order : group.compareTo(other.group);
    order = order != 0 ? order : namespace.compareTo(other.namespace);
    return order != 0 ? order : name.compareTo(other.name);
  }

  /** "VirtualService default/reviews". */
  @Override
  public String toString() {
    return kind + " " + (namespace.isEmpty() ? name : namespace + "/" + name);
  }
}
