// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Objects;

/**
 * One object of the configuration: valid, immutable but for {@link #document}, which nobody
 * changes. Two are equal if kind, metadata and document are; where they were read does not count.
 *
 * @param kind what it is
 * @param apiVersion as it was written, "networking.istio.io/v1alpha3"
 * @param spec the typed body: the spec, or for a kind without one ({@link Kind#inSpec()} false, as
 *     Secret) all of the body
 * @param document the whole object as JSON, as it was read, with the status if there is one
 */
public record Resource<S>(
    Kind<S> kind,
    String apiVersion,
    ObjectMeta metadata,
    S spec,
    ObjectNode document,
    Origin origin) {

  /** "VirtualService default/reviews": how sentences name it. */
  public String description() {
    return kind.kind() + " " + metadata.fullName();
  }

  /** The same object, of its proper type, if it is of that kind. */
  @SuppressWarnings("unchecked")
  public <T> Resource<T> as(Kind<T> other) {
    if (!kind.equals(other)) {
      throw new IllegalArgumentException(description() + " is not a " + other.kind());
    }
    return (Resource<T>) this;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Resource<?> that
        && kind.equals(that.kind)
        && apiVersion.equals(that.apiVersion)
        && metadata.equals(that.metadata)
        && document.equals(that.document);
  }

  @Override
  public int hashCode() {
    return Objects.hash(kind, metadata, document);
  }

  @Override
  public String toString() {
    return description() + (origin.equals(Origin.NONE) ? "" : " (" + origin + ")");
  }
}
