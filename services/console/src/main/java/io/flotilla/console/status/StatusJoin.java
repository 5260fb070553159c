// SPDX-License-Identifier: Apache-2.0
package io.flotilla.console.status;

import io.flotilla.console.ConsoleConfig;
import io.flotilla.console.graph.TrafficJoin;
import io.flotilla.console.peer.Answer;
import io.flotilla.console.peer.Peers;
import io.flotilla.contract.galley.ListResponse;
import io.flotilla.contract.pilot.ListProxiesResponse;
import io.flotilla.contract.pilot.ProxyStatus;
import io.flotilla.contract.telemetry.GetGraphResponse;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Joins the three answers to one status. */
public final class StatusJoin {
  private static final int MOST_REFUSED = 10;

  private final ConsoleConfig config;
  private final Peers peers;
  private final Function<String, Optional<Instant>> acknowledgedAt;

  /**
   * @param acknowledgedAt when a proxy, by its node id, last acknowledged all that it was sent
   */
  public StatusJoin(
      ConsoleConfig config, Peers peers, Function<String, Optional<Instant>> acknowledgedAt) {
    this.config = config;
    this.peers = peers;
    this.acknowledgedAt = acknowledgedAt;
  }

  /** What needs an eye comes first in every list. */
  public MeshStatus join(
      Answer<GetGraphResponse> traffic,
      Answer<ListProxiesResponse> proxies,
      Answer<ListResponse> configuration) {
    List<ProxyStatus> connected =
        proxies.value().map(ListProxiesResponse::getProxiesList).orElse(List.of());
    return new MeshStatus(
        List.of(
            part("telemetry", peers.telemetryTarget(), traffic),
            part("pilot", peers.pilotTarget(), proxies),
            part("galley", peers.galleyTarget(), configuration)),
        proxies.value().map(ListProxiesResponse::getRevision).orElse(null),
        configuration.value().map(ListResponse::getRevision).orElse(null),
        connected.size(),
        connected.stream()
            .map(this::proxy)
            .sorted(
                Comparator.comparing(MeshStatus.Proxy::state)
                    .reversed()
                    .thenComparing(MeshStatus.Proxy::namespace)
                    .thenComparing(MeshStatus.Proxy::workload)
                    .thenComparing(MeshStatus.Proxy::nodeId))
            .limit(config.maxListed())
            .toList(),
        configuration.value().map(ListResponse::getObjectsCount).orElse(0),
        configuration.value().map(ListResponse::getRejectionsList).orElse(List.of()).stream()
            .map(
                r ->
                    new MeshStatus.Rejection(
                        r.getFile(), r.getLine(), r.getObject(), r.getReason()))
            .sorted(
                Comparator.comparing(MeshStatus.Rejection::file)
                    .thenComparing(MeshStatus.Rejection::line))
            .limit(config.maxListed())
            .toList(),
        traffic.value().map(t -> List.copyOf(t.getUnreachableList())).orElse(List.of()).stream()
            .sorted()
            .limit(config.maxListed())
            .toList(),
        config.traces().url().filter(url -> !url.isBlank()).orElse(null),
        config.application().url().filter(url -> !url.isBlank()).orElse(null));
  }

  private static MeshStatus.Part part(String name, String target, Answer<?> answer) {
    return new MeshStatus.Part(name, target, answer.why().orElse(null));
  }

  private MeshStatus.Proxy proxy(ProxyStatus proxy) {
    return new MeshStatus.Proxy(
        proxy.getNodeId(),
        proxy.getNamespace(),
        proxy.getWorkload(),
        proxy.getType(),
        TrafficJoin.state(proxy),
        proxy.getSentRevision(),
        proxy.getAcknowledgedRevision(),
        acknowledgedAt.apply(proxy.getNodeId()).orElse(null),
        proxy.getRefusedList().stream().limit(MOST_REFUSED).toList(),
        proxy.getIdentity(),
        proxy.getUserAgent());
  }
}
