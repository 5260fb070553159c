// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Connections that iptables took from callers who know no proxy, in a network namespace of the
 * test: each goes where it meant to go.
 */
class OriginalDestinationIT {
  // As Istio's rules: what the proxy's group sends is left alone.
  private static final String NAMESPACE =
      """
      set -e
      ip link set lo up
      ip route add 10.99.0.0/16 dev lo
      ip addr add 10.99.0.9/32 dev lo
      iptables -w -t nat -A OUTPUT -p tcp -d 10.99.0.0/16 -m owner ! --gid-owner 1337 \\
        -j REDIRECT --to-ports 15001
      ip -6 route add fd99::/64 dev lo
      ip -6 addr add fd99::9/128 dev lo nodad
      ip6tables -w -t nat -A OUTPUT -p tcp -d fd99::/64 -m owner ! --gid-owner 1337 \\
        -j REDIRECT --to-ports 15001
      ip route add 10.98.0.0/16 dev lo
      ip addr add 10.98.0.9/32 dev lo
      iptables -w -t mangle -A OUTPUT -p tcp -d 10.98.0.0/16 -m owner ! --gid-owner 1337 \\
        -j MARK --set-mark 1337
      ip rule add fwmark 1337 lookup 133
      ip route add local default dev lo table 133
      iptables -w -t mangle -A PREROUTING -p tcp -m mark --mark 1337 \\
        -j TPROXY --on-port 15006 --tproxy-mark 1337
      exec setpriv --regid 1337 --clear-groups -- "$@"
      """;

  private static Process engine;

  @BeforeAll
  static void start() throws Exception {
    for (String tool : List.of("ip", "iptables", "unshare", "nsenter", "setpriv", "curl")) {
      assumeThat(List.of("/usr/sbin", "/sbin", "/usr/bin", "/bin"))
          .as("the command " + tool + " is not installed")
          .anyMatch(folder -> Files.isExecutable(Path.of(folder, tool)));
    }
    assumeThat(
            new ProcessBuilder("unshare", "--net", "iptables", "-w", "-t", "nat", "-L", "-n")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor())
        .as("network namespaces with iptables need root on Linux")
        .isZero();
    engine =
        new ProcessBuilder(
                "unshare",
                "--net",
                "sh",
                "-c",
                NAMESPACE,
                "sh",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                CapturedEngine.class.getName())
            .redirectErrorStream(true)
            .start();
    BufferedReader said =
        new BufferedReader(new InputStreamReader(engine.getInputStream(), StandardCharsets.UTF_8));
    List<String> lines = new ArrayList<>();
    for (String line = said.readLine(); !"ready".equals(line); line = said.readLine()) {
      assertThat(line).as("the engine ended; it said %s", lines).isNotNull();
      lines.add(line);
    }
  }

  @AfterAll
  static void stop() throws Exception {
    if (engine != null) {
      engine.destroyForcibly().waitFor();
    }
  }

  @Test
  void takesTheListenerOfExactlyThatAddress() throws Exception {
    assertThat(listenTo("10.99.0.7", 9000)).isEqualTo("exact address");
  }

  @Test
  void takesTheListenerOfThePortForAnyOtherAddress() throws Exception {
    assertThat(listenTo("10.99.0.8", 9000)).isEqualTo("any address");
  }

  @Test
  void passesOnToAnAddressThatNoListenerHas() throws Exception {
    assertThat(listenTo("10.99.0.9", 7777)).isEqualTo("passed through");
  }

  @Test
  void routesRequestsWhoseCallerKnowsNoProxy() throws Exception {
    assertThat(inside("curl", "-s", "-m", "10", "http://10.99.0.8/path"))
        .contains("app=echo", "GET /path", "host: 10.99.0.8");
  }

  @Test
  void findsItsWayByIPv6Too() throws Exception {
    assertThat(listenTo("fd99::7", 9000)).isEqualTo("exact address");
    assertThat(listenTo("fd99::8", 9000)).isEqualTo("any address");
    assertThat(listenTo("fd99::9", 7777)).isEqualTo("passed through");
    assertThat(inside("curl", "-s", "-g", "-m", "10", "http://[fd99::8]/path"))
        .contains("app=echo", "GET /path", "host: [fd99::8]");
  }

  @Test
  void takesConnectionsThatKeepTheirDestination() throws Exception {
    assertThat(listenTo("10.98.0.7", 7000)).isEqualTo("by port");
    assertThat(listenTo("10.98.0.9", 7777)).isEqualTo("passed through transparently");
  }

  @Test
  void refusesToConnectToItself() throws Exception {
    assertThat(listenTo("127.0.0.1", 15001)).isEmpty();
  }

  /** The first line that the other side says, who must speak first; empty: it closed. */
  private static String listenTo(String address, int port) throws Exception {
    String listen =
        "exec 3<>/dev/tcp/%s/%d; read -t 10 -r line <&3; [ $? -lt 128 ] && echo \"$line\" || echo late";
    return inside("bash", "-c", listen.formatted(address, port)).strip();
  }

  private static String inside(String... command) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of("nsenter", "--net", "--target"));
    all.add(String.valueOf(engine.pid()));
    all.addAll(List.of(command));
    Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }
}
