// SPDX-License-Identifier: Apache-2.0
package io.flotilla.console.peer;

import io.flotilla.console.ConsoleConfig;
import io.flotilla.contract.galley.ConfigurationGrpc;
import io.flotilla.contract.galley.ListRequest;
import io.flotilla.contract.galley.ListResponse;
import io.flotilla.contract.pilot.ListProxiesRequest;
import io.flotilla.contract.pilot.ListProxiesResponse;
import io.flotilla.contract.pilot.ProxyStatusServiceGrpc;
import io.flotilla.contract.telemetry.GetGraphRequest;
import io.flotilla.contract.telemetry.GetGraphResponse;
import io.flotilla.contract.telemetry.TrafficServiceGrpc;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.concurrent.TimeUnit;

/** Telemetry, Pilot and Galley, as the console asks them. Each call blocks up to the deadline. */
@ApplicationScoped
public class Peers {
  private final PeerChannel telemetry;
  private final PeerChannel pilot;
  private final PeerChannel galley;
  private final MeterRegistry metrics;

  Peers(ConsoleConfig config, MeterRegistry metrics) {
    this.metrics = metrics;
    this.telemetry =
        new PeerChannel(
            "Telemetry",
            "flotilla.console.telemetry.target",
            config.telemetry().target(),
            config.deadline());
    this.pilot =
        new PeerChannel(
            "Pilot", "flotilla.console.pilot.target", config.pilot().target(), config.deadline());
    this.galley =
        new PeerChannel(
            "Galley",
            "flotilla.console.galley.target",
            config.galley().target(),
            config.deadline());
  }

  /** The traffic over the last {@code windowSeconds}. */
  public Answer<GetGraphResponse> traffic(int windowSeconds) {
    return counted(
        "telemetry",
        telemetry.ask(
            millis ->
                TrafficServiceGrpc.newBlockingStub(telemetry.awake())
                    .withDeadlineAfter(millis, TimeUnit.MILLISECONDS)
                    .getGraph(
                        GetGraphRequest.newBuilder().setWindowSeconds(windowSeconds).build())));
  }

  /** The proxies that are connected. */
  public Answer<ListProxiesResponse> proxies() {
    return counted(
        "pilot",
        pilot.ask(
            millis ->
                ProxyStatusServiceGrpc.newBlockingStub(pilot.awake())
                    .withDeadlineAfter(millis, TimeUnit.MILLISECONDS)
                    .listProxies(ListProxiesRequest.getDefaultInstance())));
  }

  /** The objects in force and the documents rejected. */
  public Answer<ListResponse> configuration() {
    return counted(
        "galley",
        galley.ask(
            millis ->
                ConfigurationGrpc.newBlockingStub(galley.awake())
                    .withDeadlineAfter(millis, TimeUnit.MILLISECONDS)
                    .list(ListRequest.getDefaultInstance())));
  }

  private <T> Answer<T> counted(String peer, Answer<T> answer) {
    String outcome = answer.why().isPresent() ? "failed" : "answered";
    metrics.counter("flotilla_console_peer_calls", "peer", peer, "outcome", outcome).increment();
    return answer;
  }

  /** Where telemetry is asked, "host:port". */
  public String telemetryTarget() {
    return telemetry.target();
  }

  /** Where Pilot is asked. */
  public String pilotTarget() {
    return pilot.target();
  }

  /** Where Galley is asked. */
  public String galleyTarget() {
    return galley.target();
  }

  @PreDestroy
  void close() {
    telemetry.close();
    pilot.close();
    galley.close();
  }
}
