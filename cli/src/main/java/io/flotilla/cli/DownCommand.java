// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli;

import io.flotilla.cli.mesh.LocalMesh;
import io.flotilla.cli.mesh.MeshState;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Stops the mesh. */
@Command(
    name = "down",
    mixinStandardHelpOptions = true,
    description = "Stops the mesh: lets requests in flight finish, keeps the configuration.")
final class DownCommand implements Callable<Integer> {
  @Mixin MeshOption mesh = new MeshOption();

  @Override
  public Integer call() throws IOException {
    Optional<MeshState> state = MeshState.read(mesh.home.state(mesh.offset));
    if (state.isEmpty()) {
      System.out.println("No mesh runs here.");
      return 0;
    }
    LocalMesh.stop(state.get());
    System.out.println("Stopped. The configuration stays in " + state.get().dir() + ".");
    return 0;
  }
}
