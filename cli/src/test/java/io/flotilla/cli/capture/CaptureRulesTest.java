// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.cli.capture.CaptureRules.Family;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CaptureRulesTest {
  private static List<String> rules(CaptureSettings settings, Family family) {
    return new CaptureRules(settings, family).text().lines().toList();
  }

  private static CaptureSettings with(String annotation, String value) {
    return CaptureSettings.ISTIO.with(Map.of("traffic.sidecar.istio.io/" + annotation, value));
  }

  @Test
  void letsTheProxysOwnTrafficPassBeforeAnythingIsRedirected() {
    List<String> output =
        rules(CaptureSettings.ISTIO, Family.V4).stream()
            .filter(rule -> rule.startsWith("-A ISTIO_OUTPUT "))
            .toList();

    assertThat(output.getFirst()).isEqualTo("-A ISTIO_OUTPUT -o lo -s 127.0.0.6/32 -j RETURN");
    assertThat(output)
        .containsSubsequence(
            "-A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN",
            "-A ISTIO_OUTPUT -m owner --gid-owner 1337 -j RETURN",
            "-A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN",
            "-A ISTIO_OUTPUT -j ISTIO_REDIRECT");
    assertThat(output.getLast()).isEqualTo("-A ISTIO_OUTPUT -j ISTIO_REDIRECT");
    assertThat(rules(CaptureSettings.ISTIO, Family.V6))
        .contains(
            "-A ISTIO_OUTPUT -o lo -s ::6/128 -j RETURN", "-A ISTIO_OUTPUT -d ::1/128 -j RETURN")
        .noneMatch(rule -> rule.contains("127.0.0."));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = ';',
      value = {
        "excludeInboundPorts; 22,8443; V4; -A ISTIO_INBOUND -p tcp --dport 8443 -j RETURN",
        "includeInboundPorts; 80; V4; -A ISTIO_INBOUND -p tcp --dport 80 -j ISTIO_IN_REDIRECT",
        "excludeOutboundPorts; 25; V6; -A ISTIO_OUTPUT -p udp --dport 25 -j RETURN",
        "includeOutboundPorts; 31; V6; -A ISTIO_OUTPUT -p tcp --dport 31 -j ISTIO_REDIRECT",
        "includeOutboundIPRanges; 10.0.0.0/8; V4; -A ISTIO_OUTPUT -d 10.0.0.0/8 -j ISTIO_REDIRECT",
        "excludeOutboundIPRanges; 10.1.0.0/16; V4; -A ISTIO_OUTPUT -d 10.1.0.0/16 -j RETURN",
        "excludeOutboundIPRanges; fd00::/8; V6; -A ISTIO_OUTPUT -d fd00:0:0:0:0:0:0:0/8 -j RETURN",
        "kubevirtInterfaces; vm0; V4; -I PREROUTING 1 -i vm0 -j ISTIO_REDIRECT",
        "excludeInterfaces; eth1; V4; -A OUTPUT -o eth1 -j RETURN",
      })
  void followsEachAnnotation(String annotation, String value, Family family, String rule) {
    assertThat(rules(CaptureSettings.ISTIO, family)).doesNotContain(rule);

    assertThat(rules(with(annotation, value), family)).contains(rule);
  }

  @Test
  void takesNothingWhereNothingIsNamed() {
    assertThat(rules(with("includeOutboundIPRanges", ""), Family.V4))
        .noneMatch(rule -> rule.endsWith("-j ISTIO_REDIRECT"));
    assertThat(rules(with("includeInboundPorts", ""), Family.V4))
        .noneMatch(rule -> rule.startsWith("-A PREROUTING"));
  }

  @Test
  void refusesWhatIsNoWordOfARule() {
    assertThatThrownBy(() -> with("excludeInboundPorts", "80 -j DROP"))
        .hasMessageContaining("traffic.sidecar.istio.io/excludeInboundPorts")
        .hasMessageContaining("80 -j DROP");
    assertThatThrownBy(() -> with("excludeOutboundIPRanges", "10.0.0.0/33"))
        .hasMessageContaining("10.0.0.0/33");
    assertThatThrownBy(() -> with("excludeOutboundIPRanges", "*")).hasMessageContaining("'*'");
    assertThatThrownBy(() -> with("excludeInterfaces", "eth0\n-A")).hasMessageContaining("eth0");
    assertThatThrownBy(() -> with("excludeInterfaces", "-j")).hasMessageContaining("-j");
    assertThatThrownBy(() -> with("includeOutboundPort", "1"))
        .hasMessageContaining("no such annotation");
  }
}
