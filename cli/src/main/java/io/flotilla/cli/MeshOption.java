// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli;

import io.flotilla.cli.mesh.Home;
import io.flotilla.cli.mesh.MeshException;
import io.flotilla.cli.mesh.MeshState;
import io.flotilla.cli.mesh.Progress;
import java.io.IOException;
import picocli.CommandLine.Option;

/** Which of this machine's meshes is meant. */
final class MeshOption {
  @Option(
      names = "--offset",
      paramLabel = "N",
      defaultValue = "0",
      description = "The mesh whose ports lie N above the usual ones; 0 when absent.")
  int offset;

  final Home home = Home.of(System.getenv());

  /** Progress on standard output, alive where that is a terminal. */
  static Progress progress() {
    return new Progress(System.out, "1".equals(System.getenv("FLOTILLA_TERMINAL")));
  }

  /**
   * The mesh that runs.
   *
   * @throws MeshException if none does
   */
  MeshState running() throws IOException {
    return MeshState.read(home.state(offset))
        .orElseThrow(
            () ->
                new MeshException(
                    "No mesh runs here"
                        + (offset == 0 ? "" : " with offset " + offset)
                        + ": ./flotilla up starts one."));
  }
}
