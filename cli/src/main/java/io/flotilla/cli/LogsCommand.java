// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli;

import io.flotilla.cli.mesh.MeshException;
import io.flotilla.cli.mesh.MeshState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
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
    List<MeshState.PartState> parts =
        state.parts().stream().filter(p -> part == null || p.name().equals(part)).toList();
    if (parts.isEmpty()) {
      throw new MeshException(
          "No part is called '"
              + part
              + "': there are "
              + state.parts().stream()
                  .map(MeshState.PartState::name)
                  .collect(Collectors.joining(", "))
              + ".");
    }
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
