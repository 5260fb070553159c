// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli;

import io.flotilla.cli.mesh.LocalMesh;
import io.flotilla.cli.mesh.MeshPlan;
import io.flotilla.cli.mesh.MeshState;
import io.flotilla.cli.mesh.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Starts the mesh. */
@Command(
    name = "up",
    mixinStandardHelpOptions = true,
    description = "Starts the whole mesh on this machine and keeps it until Ctrl-C.")
final class UpCommand implements Callable<Integer> {
  private static final int ENTRANCE = 8080;

  @Mixin MeshOption mesh = new MeshOption();

  @Option(names = "--detach", description = "Return once the mesh is ready; it stays.")
  boolean detach;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description =
          "The directory of YAML that is watched; .flotilla/mesh when absent. An empty one gets the"
              + " bookinfo sample.")
  @Nullable Path dir;

  @Option(
      names = "--port",
      paramLabel = "P",
      description = "The port of the ingress gateway on 127.0.0.1; 8080 when absent.")
  @Nullable Integer port;

  @Option(names = "--processes", description = "Every service and proxy a process of its own.")
  boolean processes;

  @Option(
      names = "--capture",
      description =
          "Real interception, by network namespaces and iptables; needs root on Linux. Every sidecar"
              + " and every service of the application is a process of its own then.")
  boolean capture;

  @Option(
      names = "--kafka",
      paramLabel = "HOST:PORT",
      description = "With --processes: the Kafka that carries the events between services.")
  @Nullable String kafka;

  @Option(names = "--no-app", description = "Without the bookinfo application.")
  boolean withoutApplication;

  @Option(
      names = "--envoy",
      paramLabel = "PATH",
      description = "Real Envoys as sidecars and gateways: the path of the binary.")
  @Nullable Path envoy;

  @Option(
      names = "--certificate-ttl",
      paramLabel = "SECONDS",
      defaultValue = "0",
      description = "How long workload certificates live; a day when absent.")
  int certificateTtl;

  @Override
  public Integer call() throws IOException {
    MeshPlan plan =
        new MeshPlan(
            (dir == null ? mesh.home.dir(mesh.offset) : dir).toAbsolutePath().normalize(),
            mesh.home.state(mesh.offset),
            mesh.offset,
            port == null ? ENTRANCE + mesh.offset : port,
            processes,
            capture,
            !withoutApplication,
            kafka,
            envoy == null ? null : envoy.toAbsolutePath(),
            certificateTtl);
    Progress progress = MeshOption.progress();
    progress.say("Flotilla starts; its configuration is in " + plan.dir());
    LocalMesh running = new LocalMesh(mesh.home, plan, progress);
    Thread stop = new Thread(running::stop);
    Runtime.getRuntime().addShutdownHook(stop);
    MeshState state = running.start();
    announce(state, progress);
    if (detach) {
      Runtime.getRuntime().removeShutdownHook(stop);
      return 0;
    }
    progress.say("Ctrl-C stops it.");
    running.watch(sentence -> progress.say("flotilla: " + sentence));
    running.join();
    return 1;
  }

  private void announce(MeshState state, Progress progress) {
    progress.say("");
    progress.say("  application  " + state.urls().get("application"));
    progress.say("  console      " + state.urls().get("console"));
    progress.say("  traces       " + state.urls().get("traces") + "  (Jaeger's query API)");
    progress.say("  metrics      " + state.urls().get("metrics") + "  (Prometheus' query API)");
    progress.say("");
    progress.say("Try next:");
    String offset = state.offset() == 0 ? "" : " --offset " + state.offset();
    if (withoutApplication) {
      progress.say(
          "  ./flotilla run"
              + offset
              + " --service hello --port 8000 -- python3 -m http.server 8000");
    } else {
      progress.say(
          "  for i in $(seq 200); do curl -so /dev/null "
              + state.urls().get("application")
              + "; done    # traffic for the console's graph");
      progress.say(
          "  cp samples/bookinfo/routes/reviews-only-v3.yaml "
              + state.dir()
              + "/    # all reviews get red stars at once");
    }
    progress.say(
        "  ./flotilla status" + offset + "    # what runs; ./flotilla down" + offset + " stops it");
  }
}
