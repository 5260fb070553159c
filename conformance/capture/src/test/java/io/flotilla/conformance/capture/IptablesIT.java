// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.conformance.mesh.RunningMesh;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code flotilla iptables} judged by the kernel: a workload's namespace with its rules, another
 * host, and real connections of both IP families. Whoever gets one says which port it is.
 */
class IptablesIT {
  private static final String ID = Long.toString(ProcessHandle.current().pid() % 100_000);
  private static final String WORKLOAD_V4 = "10.199.0.1";
  private static final String HOST_V4 = "10.199.0.2";
  private static final String WORKLOAD_V6 = "fd99::1";
  private static final String HOST_V6 = "fd99::2";
  private static final String ANNOTATION = "traffic.sidecar.istio.io/";

  private static Namespace workload;
  private static Namespace host;
  private static final List<Sayer> SAYERS = new ArrayList<>();

  @BeforeAll
  static void join() throws Exception {
    workload = namespace("fltiw" + ID, WORKLOAD_V4);
    host = namespace("fltih" + ID, HOST_V4);
    Namespace.must(
        "ip",
        "-n",
        workload.name(),
        "link",
        "add",
        "eth0",
        "type",
        "veth",
        "peer",
        "name",
        "eth0",
        "netns",
        host.name());
    address(workload, WORKLOAD_V4, WORKLOAD_V6);
    address(host, HOST_V4, HOST_V6);
    SAYERS.add(Sayer.start(host, "80=direct", "81=direct"));
    SAYERS.add(
        Sayer.start(workload, "15001=outbound", "15006=inbound", "8080=app", "15021=status"));
  }

  private static Namespace namespace(String name, String address) throws Exception {
    Namespace.must("ip", "netns", "add", name);
    return new Namespace(name, address, true);
  }

  private static void address(Namespace of, String v4, String v6) throws Exception {
    Namespace.must("ip", "-n", of.name(), "addr", "add", v4 + "/24", "dev", "eth0");
    Namespace.must("ip", "-n", of.name(), "addr", "add", v6 + "/64", "dev", "eth0", "nodad");
    Namespace.must("ip", "-n", of.name(), "link", "set", "lo", "up");
    Namespace.must("ip", "-n", of.name(), "link", "set", "eth0", "up");
  }

  @AfterAll
  static void part() throws Exception {
    for (Sayer sayer : SAYERS) {
      sayer.close();
    }
    for (Namespace each : Arrays.asList(workload, host)) {
      if (each != null) {
        each.close();
      }
    }
  }

  @AfterEach
  void cleanUp() throws Exception {
    iptables("--cleanup", "--annotation", ANNOTATION + "excludeInterfaces=eth0");
  }

  private static void iptables(String... options) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                RunningMesh.root().resolve("flotilla").toString(),
                "iptables",
                "--network-namespace",
                "/var/run/netns/" + workload.name()));
    command.addAll(Arrays.asList(options));
    Namespace.must(command.toArray(String[]::new));
  }

  private static void annotated(String name, String value) throws Exception {
    iptables("--apply", "--annotation", ANNOTATION + name + "=" + value);
  }

  private static String toHost(int port) throws Exception {
    return workload.greeting(HOST_V4, port);
  }

  private static String toWorkload(int port) throws Exception {
    return host.greeting(WORKLOAD_V4, port);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void handsConnectionsToTheProxyButForItsOwn(boolean v6) throws Exception {
    String there = v6 ? HOST_V6 : HOST_V4;
    String here = v6 ? WORKLOAD_V6 : WORKLOAD_V4;
    assertThat(workload.greeting(there, 80)).as("before").isEqualTo("direct");

    iptables("--apply");

    assertThat(workload.greeting(there, 80)).isEqualTo("outbound");
    assertThat(host.greeting(here, 8080)).isEqualTo("inbound");
    assertThat(host.greeting(here, 15021)).as("a port of the proxy").isEqualTo("status");
    assertThat(workload.greeting(v6 ? "::1" : "127.0.0.1", 8080)).isEqualTo("app");
    String listen = "exec 3<>/dev/tcp/%s/%d && read -r line <&3 && echo \"$line\"";
    String[] asProxy = {"setpriv", "--reuid", "1337", "--regid", "1337", "--clear-groups", "--"};
    assertThat(run(asProxy, listen.formatted(there, 80))).as("the proxy's").isEqualTo("direct");
    assertThat(run(asProxy, listen.formatted(here, 8080)))
        .as("of the proxy to its own workload by the workload's address")
        .isEqualTo("inbound");
  }

  private static String run(String[] as, String script) throws Exception {
    List<String> command = new ArrayList<>(Arrays.asList(as));
    command.addAll(List.of("timeout", "20", "bash", "-c", script));
    return workload.run(command.toArray(String[]::new)).output().strip();
  }

  @Test
  void leavesOutboundPortsAlone() throws Exception {
    annotated("excludeOutboundPorts", "80");

    assertThat(toHost(80)).isEqualTo("direct");
    assertThat(toHost(81)).isEqualTo("outbound");
  }

  @Test
  void leavesRangesAlone() throws Exception {
    annotated("excludeOutboundIPRanges", HOST_V4 + "/32");

    assertThat(toHost(80)).isEqualTo("direct");
    assertThat(workload.greeting(HOST_V6, 80)).isEqualTo("outbound");
  }

  @Test
  void takesSomeRangesOnly() throws Exception {
    annotated("includeOutboundIPRanges", HOST_V6 + "/128");

    assertThat(toHost(80)).isEqualTo("direct");
    assertThat(workload.greeting(HOST_V6, 80)).isEqualTo("outbound");
  }

  @Test
  void takesPortsThoughTheirRangesAreLeftAlone() throws Exception {
    iptables("--apply", "-i", "", "-q", "81");

    assertThat(toHost(80)).isEqualTo("direct");
    assertThat(toHost(81)).isEqualTo("outbound");
  }

  @Test
  void leavesInboundPortsAlone() throws Exception {
    annotated("excludeInboundPorts", "8080");
    assertThat(toWorkload(8080)).isEqualTo("app");

    annotated("includeInboundPorts", "9090");
    assertThat(toWorkload(8080)).isEqualTo("app");
    assertThat(toWorkload(9090)).isEqualTo("inbound");
  }

  @Test
  void leavesInterfacesAlone() throws Exception {
    annotated("excludeInterfaces", "eth0");

    assertThat(toHost(80)).isEqualTo("direct");
    assertThat(toWorkload(8080)).isEqualTo("app");
  }

  @Test
  void treatsWhatComesFromAVirtualMachineAsOutbound() throws Exception {
    annotated("kubevirtInterfaces", "eth0");

    assertThat(toWorkload(8080)).isEqualTo("outbound");
  }

  @Test
  void mayBeDoneTwiceAndUndone() throws Exception {
    String before = rules();
    workload.run("iptables", "-w", "-t", "nat", "-A", "PREROUTING", "-p", "tcp", "--dport", "7");
    String others = rules();
    iptables("--apply", "-m", "TPROXY", "--redirect-dns", "--capture-all-dns");
    iptables("--apply");
    String once = rules();

    iptables("--apply");

    assertThat(rules()).isEqualTo(once).isNotEqualTo(others);
    iptables("--cleanup");
    assertThat(rules()).isEqualTo(others).isNotEqualTo(before).doesNotContain("ISTIO");
    assertThat(workload.run("ip", "rule").output()).doesNotContain("133");
    assertThat(toHost(80)).isEqualTo("direct");
  }

  private static String rules() throws Exception {
    StringBuilder all = new StringBuilder();
    for (String tool : List.of("iptables", "ip6tables")) {
      for (String table : List.of("mangle", "nat", "raw")) {
        all.append(workload.run(tool, "-w", "-t", table, "-S").output());
      }
    }
    return all.toString();
  }
}
