// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.capture;

import java.util.ArrayList;
import java.util.List;

/**
 * The iptables rules of Istio's REDIRECT mode, as arguments of the iptables command: inbound TCP
 * goes to 15006, outbound TCP to 15001, but for what the proxy itself sends and for its own ports.
 *
 * @param proxyUser numeric id of the user or group that the proxy runs as; 1337 in Istio
 * @param excludedInboundPorts reached directly
 */
public record RedirectRules(int proxyUser, List<Integer> excludedInboundPorts) {
  /** Istio's user and the ports that its proxy serves itself. */
  public static final RedirectRules ISTIO =
      new RedirectRules(1337, List.of(15000, 15004, 15008, 15020, 15021, 15090));

  private static final String OUTBOUND_PORT = "15001";
  private static final String INBOUND_PORT = "15006";
  // The proxy connects to its own application from this address, which must not be caught again.
  private static final String PASSTHROUGH_SOURCE = "127.0.0.6/32";

  public RedirectRules {
    excludedInboundPorts = List.copyOf(excludedInboundPorts);
  }

  /** One list of arguments a rule, in the order to apply; the table is nat. */
  public List<List<String>> commands() {
    List<List<String>> rules = new ArrayList<>();
    for (String chain :
        List.of("ISTIO_INBOUND", "ISTIO_REDIRECT", "ISTIO_IN_REDIRECT", "ISTIO_OUTPUT")) {
      rules.add(rule("-N", chain));
    }
    rules.add(
        rule("-A", "ISTIO_REDIRECT", "-p", "tcp", "-j", "REDIRECT", "--to-ports", OUTBOUND_PORT));
    rules.add(
        rule("-A", "ISTIO_IN_REDIRECT", "-p", "tcp", "-j", "REDIRECT", "--to-ports", INBOUND_PORT));
    rules.add(rule("-A", "PREROUTING", "-p", "tcp", "-j", "ISTIO_INBOUND"));
    rules.add(rule("-A", "OUTPUT", "-p", "tcp", "-j", "ISTIO_OUTPUT"));
    for (int port : excludedInboundPorts) {
      rules.add(
          rule(
              "-A",
              "ISTIO_INBOUND",
              "-p",
              "tcp",
              "--dport",
              Integer.toString(port),
              "-j",
              "RETURN"));
    }
    rules.add(rule("-A", "ISTIO_INBOUND", "-p", "tcp", "-j", "ISTIO_IN_REDIRECT"));

    rules.add(rule("-A", "ISTIO_OUTPUT", "-s", PASSTHROUGH_SOURCE, "-o", "lo", "-j", "RETURN"));
    for (String owner : List.of("--uid-owner", "--gid-owner")) {
      rules.addAll(proxyPasses(owner, Integer.toString(proxyUser)));
    }
    rules.add(rule("-A", "ISTIO_OUTPUT", "-d", "127.0.0.1/32", "-j", "RETURN"));
    rules.add(rule("-A", "ISTIO_OUTPUT", "-j", "ISTIO_REDIRECT"));
    return rules;
  }

  private static List<List<String>> proxyPasses(String owner, String id) {
    return List.of(
        // The workload that calls itself by its service still passes its own inbound side.
        rule(
            "-A",
            "ISTIO_OUTPUT",
            "!",
            "-d",
            "127.0.0.1/32",
            "-o",
            "lo",
            "-p",
            "tcp",
            "-m",
            "owner",
            owner,
            id,
            "-j",
            "ISTIO_IN_REDIRECT"),
        rule("-A", "ISTIO_OUTPUT", "-o", "lo", "-m", "owner", "!", owner, id, "-j", "RETURN"),
        rule("-A", "ISTIO_OUTPUT", "-m", "owner", owner, id, "-j", "RETURN"));
  }

  private static List<String> rule(String... words) {
    List<String> command = new ArrayList<>(List.of("-w", "-t", "nat"));
    command.addAll(List.of(words));
    return command;
  }
}
