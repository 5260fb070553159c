// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.yaml;

import io.flotilla.api.PassedBy;
import io.flotilla.api.Rejection;
import io.flotilla.api.Resource;
import java.util.List;

/**
 * What a text holds.
 *
 * @param resources in the text's order
 * @param rejections what was refused, and why
 * @param passedBy what is not for the mesh
 */
public record Manifest(
    List<Resource<?>> resources, List<Rejection> rejections, List<PassedBy> passedBy) {
  public Manifest {
    resources = List.copyOf(resources);
    rejections = List.copyOf(rejections);
    passedBy = List.copyOf(passedBy);
  }
}
