// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@code ./flotilla up} was asked for.
 *
 * @param dir the configuration directory
 * @param state where pids, logs, tokens and the services' own data live
 * @param offset added to every port of the control plane; picks the loopback networks
 * @param entrance the port of the ingress gateway on 127.0.0.1
 * @param processes every service and proxy a process of its own
 * @param capture network namespaces and iptables in the place of loopback addresses; needs root
 * @param application whether bookinfo runs
 * @param kafka "host:port" for the event channels; null: in memory
 * @param envoy the binary that runs as sidecar and gateway; null: our engine
 * @param certificateTtlSeconds of workload certificates; 0: the default
 */
public record MeshPlan(
    Path dir,
    Path state,
    int offset,
    int entrance,
    boolean processes,
    boolean capture,
    boolean application,
    @Nullable String kafka,
    @Nullable Path envoy,
    int certificateTtlSeconds) {

  private static final int MAX_OFFSET = 40_000;

  public MeshPlan {
    if (offset < 0 || offset > MAX_OFFSET) {
      throw new MeshException("--offset must be 0 to " + MAX_OFFSET + ", but is " + offset + ".");
    }
    if (entrance < 1 || entrance > 65535) {
      throw new MeshException("--port must be 1 to 65535, but is " + entrance + ".");
    }
    if (kafka != null && !processes) {
      throw new MeshException(
          "--kafka needs --processes: in one JVM the event channels are in memory.");
    }
    if (kafka != null && !kafka.matches("[^:\\s,]+:\\d{1,5}(,[^:\\s,]+:\\d{1,5})*")) {
      throw new MeshException("--kafka must be HOST:PORT, but is '" + kafka + "'.");
    }
    if (envoy != null && !Files.isExecutable(envoy)) {
      throw new MeshException("--envoy must name an executable file, but " + envoy + " is none.");
    }
  }

  /** The mesh's loopback addresses. */
  public Addresses addresses() {
    return new Addresses(offset, capture);
  }

  /** A port of the control plane. */
  public int port(ControlPort port) {
    return port.number(offset);
  }

  /** "host:port" of a port of the control plane: the console is there for this machine alone. */
  public String local(ControlPort port) {
    return (port == ControlPort.CONSOLE || port.onlyApart() ? "127.0.0.1" : addresses().control())
        + ":"
        + port(port);
  }

  /** Whether sidecars resolve the mesh's names, in the place of files of hosts. */
  public boolean resolves() {
    return capture && envoy == null;
  }

  /** "flotilla" or "envoy": what the proxies are. */
  public String dataplane() {
    return envoy == null ? "flotilla" : "envoy";
  }

  /** In which process a proxy runs. */
  enum Hosting {
    /** One of its own, as the service that it is in a cluster. */
    SERVICE,
    /** One of its own, in the namespace of its workload. */
    ALONE,
    /** One with all others. */
    TOGETHER
  }

  /** In which process the proxy of {@code workload} runs. */
  Hosting hosting(Workload workload) {
    if (processes && !capture) {
      return Hosting.SERVICE;
    }
    return processes || (capture && workload.role() == Workload.Role.SIDECAR)
        ? Hosting.ALONE
        : Hosting.TOGETHER;
  }

  /** The workloads that have a sidecar. */
  public List<Workload> sidecars() {
    return workloads().stream().filter(w -> w.role() == Workload.Role.SIDECAR).toList();
  }

  /** All workloads: the gateways, and the application's. */
  public List<Workload> workloads() {
    List<Workload> all = new ArrayList<>();
    if (application) {
      all.addAll(Workload.bookinfo(addresses()));
    }
    all.addAll(Workload.gateways(addresses(), entrance));
    return List.copyOf(all);
  }

  /** The product page, or the bare entrance where there is no application. */
  public String applicationUrl() {
    return "http://127.0.0.1:" + entrance + (application ? "/productpage" : "");
  }

  /** What people open, by name. */
  public Map<String, String> urls() {
    Map<String, String> urls = new LinkedHashMap<>();
    urls.put("application", applicationUrl());
    urls.put("console", "http://" + local(ControlPort.CONSOLE) + "/");
    urls.put("traces", "http://" + local(ControlPort.JAEGER));
    urls.put("metrics", "http://" + local(ControlPort.PROMETHEUS));
    urls.put("pilot", "http://" + local(ControlPort.PILOT_DEBUG));
    return urls;
  }
}
