// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli;

import io.flotilla.cli.mesh.GuestWorkload;
import io.flotilla.cli.mesh.Progress;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Puts a process of the user's own into the mesh. */
@Command(
    name = "run",
    description = {
      "Runs a process of your own in the mesh, with a sidecar beside it.",
      "The process listens on 127.0.0.1:PORT; others reach it as http://NAME:PORT, and it reaches"
          + " them through the proxy that http_proxy names. It leaves the mesh when it ends."
    })
final class RunCommand implements Callable<Integer> {
  @Mixin MeshOption mesh = new MeshOption();

  @Option(names = "--service", required = true, paramLabel = "NAME", description = "Its service.")
  String service = "";

  @Option(names = "--port", required = true, paramLabel = "P", description = "Where it listens.")
  int port;

  @Option(
      names = "--namespace",
      paramLabel = "NS",
      defaultValue = "default",
      description = "Its namespace; default when absent.")
  String namespace = "default";

  @Option(
      names = "--version",
      paramLabel = "V",
      defaultValue = "v1",
      description = "Its label version; v1 when absent.")
  String version = "v1";

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  @Parameters(arity = "1..*", paramLabel = "COMMAND", description = "The process, after --.")
  List<String> command = List.of();

  @Override
  public Integer call() throws IOException {
    GuestWorkload guest =
        GuestWorkload.join(mesh.home, mesh.running(), service, namespace, version, port);
    Thread leave = new Thread(guest::close);
    Runtime.getRuntime().addShutdownHook(leave);
    return guest.run(
        command, new Progress(System.err, "1".equals(System.getenv("FLOTILLA_TERMINAL"))));
  }
}
