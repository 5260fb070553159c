// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli;

import io.flotilla.cli.mesh.MeshState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Shows what the mesh's processes wrote. */
@Command(
    name = "logs",
    mixinStandardHelpOptions = true,
    description = "Shows the log of one process of the mesh, or of all.")
final class LogsCommand implements Callable<Integer> {
  @Mixin MeshOption mesh = new MeshOption();

  @Parameters(
      arity = "0..1",
      paramLabel = "PART",
      description = "control, proxies, bookinfo, ... as ./flotilla status lists them.")
  @Nullable String part;

  @Override
  public Integer call() throws IOException {
    MeshState state = mesh.running();
    List<MeshState.PartState> parts = part == null ? state.parts() : List.of(state.part(part));
    for (MeshState.PartState each : parts) {
      if (parts.size() > 1) {
        System.out.println("== " + each.name());
      }
      try (Stream<String> lines = Files.lines(Path.of(each.log()))) {
        lines.forEach(System.out::println);
      }
    }
    return 0;
  }
}
