// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Which processes a plan needs, and how each is started. */
final class MeshParts {
  static final String PROXIES_MODULE = "services/standalone/proxies";

  private static final String READY = "/q/health/ready";

  private final Home home;
  private final MeshPlan plan;
  private final MeshFiles files;

  MeshParts(Home home, MeshPlan plan, MeshFiles files) {
    this.home = home;
    this.plan = plan;
    this.files = files;
  }

  /** What must be ready before the proxies can be. */
  List<Part> controlPlane() {
    if (!plan.processes()) {
      return List.of(
          quarkus(
              "control",
              "control plane",
              "services/standalone/control",
              ControlPort.CONSOLE,
              Memory.CONTROL));
    }
    return List.of(
        quarkus("citadel", "citadel", "services/citadel", ControlPort.CITADEL_HTTP, Memory.SERVICE),
        quarkus("galley", "galley", "services/galley", ControlPort.GALLEY_HTTP, Memory.SERVICE),
        quarkus("pilot", "pilot", "services/pilot", ControlPort.PILOT_HTTP, Memory.SERVICE),
        quarkus(
            "telemetry",
            "telemetry",
            "services/telemetry",
            ControlPort.TELEMETRY_HTTP,
            Memory.SERVICE),
        quarkus("console", "console", "services/console", ControlPort.CONSOLE, Memory.SERVICE));
  }

  /** The proxies: all in one process, or each in one of its own. */
  List<Part> proxies() {
    List<Workload> workloads = plan.workloads();
    if (!plan.processes()) {
      return List.of(proxies("proxies", "proxies", workloads, files.proxies("proxies")));
    }
    List<Part> all = new ArrayList<>();
    for (Workload workload : workloads) {
      String name = "proxy-" + workload.name();
      all.add(proxies(name, name, List.of(workload), files.proxies(name)));
    }
    return all;
  }

  /** One process with the proxies of {@code workloads}. */
  Part proxies(String name, String title, List<Workload> workloads, Path file) {
    return new Part(
        name,
        title,
        Jvm.command(
            workloads.size() == 1 ? Memory.ONE_PROXY : Memory.PROXIES,
            List.of(),
            home.jar(PROXIES_MODULE, "flotilla-standalone-proxies"),
            List.of(file.toString())),
        files.log(name),
        workloads.stream()
            .map(w -> plan.addresses().proxy(w.number()))
            .map(address -> URI.create("http://" + address + ":15021/healthz/ready"))
            .toList());
  }

  /** The application, if there is one. */
  List<Part> application() {
    if (!plan.application()) {
      return List.of();
    }
    return List.of(
        new Part(
            "bookinfo",
            "bookinfo",
            Jvm.command(
                Memory.BOOKINFO,
                List.of(),
                home.jar("samples/bookinfo", "flotilla-bookinfo"),
                List.of(files.bookinfo().toString())),
            files.log("bookinfo"),
            plan.workloads().stream()
                .filter(w -> w.role() == Workload.Role.SIDECAR)
                .map(
                    w ->
                        URI.create("http://" + w.inbound().get(Workload.BOOKINFO_PORT) + "/health"))
                .toList()));
  }

  private Part quarkus(
      String name, String title, String module, ControlPort health, Memory memory) {
    return new Part(
        name,
        title,
        Jvm.command(
            memory,
            List.of("-Dsmallrye.config.locations=" + files.settings(name).toUri()),
            home.quarkus(module),
            List.of()),
        files.log(name),
        List.of(URI.create("http://" + plan.local(health) + READY)));
  }
}
