// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli;

import io.flotilla.cli.mesh.MeshStatus;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Tells whether the mesh is ready; exits 0 only if it is. */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = "Tells what runs and whether it is ready; exits with 1 if the mesh is not.")
final class StatusCommand implements Callable<Integer> {
  @Mixin MeshOption mesh = new MeshOption();

  @Option(
      names = {"-o", "--output"},
      defaultValue = "text",
      description = "${COMPLETION-CANDIDATES}; text when absent.")
  Output output = Output.text;

  @Override
  public Integer call() throws IOException {
    MeshStatus status =
        MeshStatus.of(mesh.home.state(mesh.offset), mesh.home.dir(mesh.offset), mesh.offset);
    output.print(status, () -> print(status));
    return status.ready() ? 0 : 1;
  }

  private static void print(MeshStatus status) {
    if (status.parts().isEmpty()) {
      System.out.println("No mesh runs here: ./flotilla up starts one.");
      return;
    }
    System.out.println(
        (status.ready() ? "ready" : "NOT READY") + ", configuration in " + status.dir());
    for (MeshStatus.PartStatus part : status.parts()) {
      System.out.printf(
          "  %-24s pid %-8d %s%n",
          part.title(),
          part.pid(),
          !part.alive()
              ? "ended: see " + part.log()
              : part.isReady() ? "ready" : part.ready() + " of " + part.probes() + " ready");
    }
    status.urls().forEach((name, url) -> System.out.printf("  %-24s %s%n", name, url));
  }
}
