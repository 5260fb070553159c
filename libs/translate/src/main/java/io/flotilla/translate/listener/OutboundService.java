// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.listener;

import io.flotilla.translate.route.TcpRule;
import io.flotilla.translate.service.MeshService;
import java.util.List;
import java.util.Map;

/**
 * A service as the outbound listeners of a scope need it.
 *
 * @param tcpRules by service port: what VirtualServices say of connections; absent: nothing
 * @param instances addresses of the endpoints of a headless service
 */
public record OutboundService(
    MeshService service, Map<Integer, List<TcpRule>> tcpRules, List<String> instances) {
  public OutboundService {
    tcpRules = Map.copyOf(tcpRules);
    instances = List.copyOf(instances);
  }
}
