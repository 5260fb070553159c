// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RedirectRulesTest {
  @Test
  void letsTheProxysOwnTrafficPassBeforeAnythingIsRedirected() {
    List<String> output =
        RedirectRules.ISTIO.commands().stream()
            .map(words -> String.join(" ", words))
            .filter(rule -> rule.contains("-A ISTIO_OUTPUT"))
            .toList();

    assertThat(output.getFirst()).contains("-s 127.0.0.6/32 -o lo -j RETURN");
    assertThat(output.getLast()).endsWith("-A ISTIO_OUTPUT -j ISTIO_REDIRECT");
    assertThat(output.indexOf("-w -t nat -A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN"))
        .isLessThan(output.size() - 1);
  }

  @Test
  void leavesTheProxysOwnPortsReachable() {
    assertThat(RedirectRules.ISTIO.commands())
        .contains(
            List.of(
                "-w",
                "-t",
                "nat",
                "-A",
                "ISTIO_INBOUND",
                "-p",
                "tcp",
                "--dport",
                "15020",
                "-j",
                "RETURN"));
  }
}
