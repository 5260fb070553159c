// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;

/**
 * A process of the mesh, before it is started.
 *
 * @param name of its log and in commands: "control"
 * @param title for people: "control plane"
 * @param probes addresses that answer 200 once it is ready
 */
record Part(String name, String title, List<String> command, Path log, List<URI> probes) {

  Part {
    command = List.copyOf(command);
    probes = List.copyOf(probes);
  }
}
