// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

class AgentConfigTest {
  private static AgentConfig at(String ip) throws Exception {
    String json =
        """
        {"name": "n", "ip": "%s", "stateDir": "state",
         "controlPlane": {"xdsAddress": "h:1", "xdsTls": false, "caAddress": "h:2",
                          "rootFile": "root", "tokenFile": "token"}}
        """;
    return new ObjectMapper().readValue(json.formatted(ip), AgentConfig.class);
  }

  @Test
  void bindsTheAdminPortOnLoopbackAddressesAlone() throws Exception {
    assertThat(at("10.1.2.3").adminAddress()).isEqualTo("127.0.0.1");
    assertThat(at("fd00::7").adminAddress()).isEqualTo("127.0.0.1");
    assertThat(at("127.10.0.3").adminAddress()).isEqualTo("127.10.0.3");
    assertThat(at("10.1.2.3\", \"adminAddress\": \"127.10.0.9").adminAddress())
        .isEqualTo("127.10.0.9");
  }
}
