// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.match;

import io.flotilla.model.Checks;
import java.util.List;

/**
 * A predicate over what an earlier filter noted of the request (Envoy:
 * type.matcher.v3.MetadataMatcher).
 *
 * @param filter the name under which it was noted: "envoy.filters.http.jwt_authn"
 * @param path the keys that lead to the value
 * @param invert the result is negated
 */
public record MetadataMatch(String filter, List<String> path, ValueMatch value, boolean invert) {
  public MetadataMatch {
    Checks.notEmpty(filter, "filter of a metadata match");
    path = List.copyOf(path);
    Checks.require(!path.isEmpty(), "the path of a metadata match on " + filter + " is empty");
  }
}
