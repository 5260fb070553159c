// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli;

import io.flotilla.cli.mesh.LocalMesh;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Restarts one process of the mesh. */
@Command(
    name = "restart",
    mixinStandardHelpOptions = true,
    description =
        "Stops one process of the mesh, if it still runs, and starts it again and waits until it is ready.")
final class RestartCommand implements Callable<Integer> {
  @Mixin MeshOption mesh = new MeshOption();

  @Parameters(
      paramLabel = "PART",
      description = "control, proxies, bookinfo, ... as ./flotilla status lists them.")
  String part = "";

  @Override
  public Integer call() throws IOException {
    LocalMesh.restart(mesh.running(), part, MeshOption.progress());
    return 0;
  }
}
