// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.capture;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The network of a captured mesh: a bridge with the address 10.133.k.1 in the caller's namespace,
 * and one namespace a workload with the address 10.133.k.n. Everything that was made is removed by
 * {@link #close}, or by {@link #remove} from another process.
 */
public final class CaptureNetwork implements AutoCloseable {
  private static final int COMMAND_SECONDS = 20;
  // Beside Istio's own ports, those of the local mesh's proxies.
  private static final CaptureSettings RULES =
      CaptureSettings.ISTIO.excludingInbound(
          List.of("15000", "15004", "15008", "15020", "15021", "15090"));

  private final int index;

  private CaptureNetwork(int index) {
    this.index = index;
  }

  /**
   * A namespace with one workload.
   *
   * @param name of the namespace
   * @param ip of the workload
   */
  public record Workload(String name, String ip) {
    /** The command that runs {@code command} inside, as the caller's user. */
    public List<String> run(List<String> command) {
      List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", name));
      all.addAll(command);
      return all;
    }

    /**
     * The command that runs {@code command} inside as the proxy's group, whose traffic passes. The
     * user stays the caller, whose files the proxy reads, but without root's privileges.
     */
    public List<String> runAsProxy(List<String> command) {
      String id = CaptureSettings.ISTIO.groups().getFirst();
      List<String> all =
          new ArrayList<>(
              List.of(
                  "setpriv",
                  "--regid",
                  id,
                  "--clear-groups",
                  "--inh-caps=-all",
                  "--bounding-set=-all",
                  "--"));
      all.addAll(command);
      return run(all);
    }
  }

  /**
   * Makes the bridge.
   *
   * @param index k, 0 to 250; distinct among the meshes of a machine
   * @param gateways further addresses of the bridge, for gateways that run outside the namespaces
   * @throws IOException naming the command that failed; nothing is left behind then
   */
  public static CaptureNetwork create(int index, List<String> gateways) throws IOException {
    remove(index);
    CaptureNetwork network = new CaptureNetwork(index);
    try {
      run("ip", "link", "add", network.bridge(), "type", "bridge");
      run("ip", "addr", "add", network.hostAddress() + "/24", "dev", network.bridge());
      for (String gateway : gateways) {
        run("ip", "addr", "add", gateway + "/24", "dev", network.bridge());
      }
      run("ip", "link", "set", network.bridge(), "up");
    } catch (IOException e) {
      remove(index);
      throw e;
    }
    return network;
  }

  /** The bridge's own address, where namespaces reach the control plane. */
  public String hostAddress() {
    return address(index, 1);
  }

  /** The address of workload {@code n}, 2 to 250. */
  public static String address(int index, int n) {
    return "10.133." + index + "." + n;
  }

  private String bridge() {
    return prefix(index) + "br";
  }

  private static String prefix(int index) {
    return "flt" + index + "-";
  }

  /**
   * Adds a workload's namespace, with capture on.
   *
   * @param n its number, 2 to 250
   * @param hosts what its /etc/hosts says beside localhost: name to address
   * @param dns whether its proxy resolves names; what it does not know, nobody does
   */
  public Workload add(int n, Map<String, String> hosts, boolean dns) throws IOException {
    String name = prefix(index) + n;
    String ip = address(index, n);
    run("ip", "netns", "add", name);
    writeHosts(name, hosts);
    if (dns) {
      writeResolver(name);
    }
    String outer = name + "o";
    run("ip", "link", "add", outer, "type", "veth", "peer", "name", "eth0", "netns", name);
    run("ip", "link", "set", outer, "master", bridge());
    run("ip", "link", "set", outer, "up");
    run("ip", "-n", name, "addr", "add", ip + "/24", "dev", "eth0");
    run("ip", "-n", name, "link", "set", "lo", "up");
    run("ip", "-n", name, "link", "set", "eth0", "up");
    run("ip", "-n", name, "route", "add", "default", "via", hostAddress());
    CaptureKernel kernel = CaptureKernel.of("/var/run/netns/" + name);
    kernel.apply(dns ? RULES.resolving(List.of(hostAddress())) : RULES, kernel.hasV6());
    return new Workload(name, ip);
  }

  // What `ip netns exec` mounts over /etc/hosts.
  private static void writeHosts(String name, Map<String, String> hosts) throws IOException {
    Path dir = Path.of("/etc/netns", name);
    Files.createDirectories(dir);
    StringBuilder text = new StringBuilder("127.0.0.1 localhost\n");
    hosts.forEach((host, address) -> text.append(address).append(' ').append(host).append('\n'));
    Files.writeString(dir.resolve("hosts"), text);
  }

  // Nothing answers there but the proxy, to which the rules lead queries.
  private void writeResolver(String name) throws IOException {
    Files.writeString(
        Path.of("/etc/netns", name, "resolv.conf"),
        "search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver "
            + hostAddress()
            + "\n");
  }

  @Override
  public void close() throws IOException {
    remove(index);
  }

  /** The pids of processes that run in namespaces of this index. */
  public static List<String> users(int index) throws IOException {
    List<String> pids = new ArrayList<>();
    for (String name : namespaces(index)) {
      pids.addAll(output("ip", "netns", "pids", name).lines().map(String::strip).toList());
    }
    return pids;
  }

  private static List<String> namespaces(int index) throws IOException {
    return output("ip", "netns", "list")
        .lines()
        .map(line -> line.split("\\s+")[0])
        .filter(name -> name.startsWith(prefix(index)))
        .toList();
  }

  /** Removes what a network of this index left, if anything. */
  public static void remove(int index) throws IOException {
    for (String name : namespaces(index)) {
      // The kernel takes a namespace apart when it has time; its end out here goes at once.
      removeLink(name + "o");
      run("ip", "netns", "del", name);
      Path dir = Path.of("/etc/netns", name);
      Files.deleteIfExists(dir.resolve("hosts"));
      Files.deleteIfExists(dir.resolve("resolv.conf"));
      Files.deleteIfExists(dir);
    }
    removeLink(prefix(index) + "br");
  }

  private static void removeLink(String name) throws IOException {
    if (Files.exists(Path.of("/sys/class/net", name))) {
      run("ip", "link", "del", name);
    }
  }

  private static void run(String... command) throws IOException {
    output(command);
  }

  private static String output(String... command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (!process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException("'" + String.join(" ", command) + "' did not end");
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while running " + command[0], e);
    }
    if (process.exitValue() != 0) {
      throw new IOException(
          "'"
              + String.join(" ", command)
              + "' failed: "
              + text.strip()
              + "; --capture needs root, iproute2, iptables and network namespaces");
    }
    return text;
  }
}
