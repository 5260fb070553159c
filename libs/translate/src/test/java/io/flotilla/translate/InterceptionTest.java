// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.model.endpoint.Locality;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.node.ProxyNode;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** How proxies take connections, by what their nodes say. */
class InterceptionTest {
  private static Map<String, Listener> listeners(String mode) {
    return new MeshFixture()
        .connect(
            ProxyNode.parse(
                "sidecar~10.0.0.9~client.default~default.svc.cluster.local",
                "client.default",
                Locality.NONE,
                "",
                Map.of("INTERCEPTION_MODE", mode),
                Set.of()))
        .listeners();
  }

  @Test
  void takesInboundConnectionsTransparentlyByTproxy() {
    assertThat(listeners("TPROXY").get("virtualInbound").transparent()).isTrue();
    assertThat(listeners("REDIRECT").get("virtualInbound").transparent()).isFalse();
    assertThat(listeners("TPROXY").get("virtualOutbound").transparent())
        .as("outbound connections are redirected in either mode")
        .isFalse();
  }
}
