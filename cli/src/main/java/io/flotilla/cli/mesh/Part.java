// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A process of the mesh, before it is started.
 *
 * @param name of its log and in commands: "control"
 * @param title for people: "control plane"
 * @param environment added to ours
 * @param probes addresses that answer 200 once it is ready
 */
record Part(
    String name,
    String title,
    List<String> command,
    Map<String, String> environment,
    Path log,
    List<URI> probes) {

  Part {
    command = List.copyOf(command);
    environment = Map.copyOf(environment);
    probes = List.copyOf(probes);
  }
}
