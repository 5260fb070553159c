// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

import io.flotilla.cli.capture.CaptureNetwork;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Which processes a plan needs, and how each is started. */
final class MeshParts {
  static final String PROXIES_MODULE = "services/standalone/proxies";

  private static final String READY = "/q/health/ready";
  private static final int PROXY_SHELL = 15004;

  private final Home home;
  private final MeshPlan plan;
  private final MeshFiles files;
  private final Map<Integer, CaptureNetwork.Workload> captured;

  /**
   * @param captured by number, the namespaces of the workloads that have one
   */
  MeshParts(
      Home home, MeshPlan plan, MeshFiles files, Map<Integer, CaptureNetwork.Workload> captured) {
    this.home = home;
    this.plan = plan;
    this.files = files;
    this.captured = captured;
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
            Memory.TELEMETRY),
        quarkus("console", "console", "services/console", ControlPort.CONSOLE, Memory.SERVICE));
  }

  /** The proxies: all in one process, or those with a namespace or all in one of their own. */
  List<Part> proxies() {
    List<Part> all = new ArrayList<>();
    List<Workload> together = new ArrayList<>();
    for (Workload workload : plan.workloads()) {
      String name = "proxy-" + workload.name();
      switch (plan.hosting(workload)) {
        case SERVICE -> all.add(service(name, workload));
        case ALONE -> all.add(proxies(name, name, List.of(workload)));
        case TOGETHER -> together.add(workload);
      }
    }
    if (!together.isEmpty()) {
      all.add(proxies("proxies", plan.capture() ? "gateways" : "proxies", together));
    }
    return all;
  }

  /** A proxy as the service that it is in a cluster. */
  private Part service(String name, Workload workload) {
    String address = plan.addresses().proxy(workload.number());
    boolean gateway = workload.role() == Workload.Role.GATEWAY;
    return new Part(
        name,
        name,
        Jvm.command(
            Memory.ONE_PROXY,
            List.of(
                "-Dflotilla.proxy.config=" + files.hosted(name), "-Dquarkus.http.host=" + address),
            home.quarkus(gateway ? "services/gateway" : "services/sidecar"),
            List.of()),
        files.log(name),
        List.of(URI.create("http://" + address + ":" + PROXY_SHELL + READY)));
  }

  /** One process with the proxies of {@code workloads}. */
  Part proxies(String name, String title, List<Workload> workloads) {
    List<String> command =
        Jvm.command(
            workloads.size() == 1 ? Memory.ONE_PROXY : Memory.PROXIES,
            List.of(),
            home.jar(PROXIES_MODULE, "flotilla-standalone-proxies"),
            List.of(files.hosted(name).toString()));
    CaptureNetwork.Workload namespace = captured.get(workloads.getFirst().number());
    return new Part(
        name,
        title,
        namespace == null ? command : namespace.runAsProxy(command),
        files.log(name),
        workloads.stream()
            .map(w -> plan.addresses().proxy(w.number()))
            .map(address -> URI.create("http://" + address + ":15021/healthz/ready"))
            .toList());
  }

  /** The application, if there is one: in one process, or in one of each namespace. */
  List<Part> application() {
    if (!plan.application()) {
      return List.of();
    }
    if (!plan.capture()) {
      return List.of(application("bookinfo", plan.sidecars()));
    }
    return plan.sidecars().stream()
        .map(workload -> application(workload.name(), List.of(workload)))
        .toList();
  }

  private Part application(String name, List<Workload> workloads) {
    List<String> command =
        Jvm.command(
            Memory.BOOKINFO,
            List.of(),
            home.jar("samples/bookinfo", "flotilla-bookinfo"),
            List.of(files.hosted(name).toString()));
    CaptureNetwork.Workload namespace = captured.get(workloads.getFirst().number());
    return new Part(
        name,
        name,
        namespace == null ? command : namespace.run(command),
        files.log(name),
        // Behind its sidecar, nobody outside may ask the application itself.
        namespace != null
            ? List.of()
            : workloads.stream()
                .map(w -> w.inbound().get(Workload.BOOKINFO_PORT))
                .map(address -> URI.create("http://" + address + "/health"))
                .toList());
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
