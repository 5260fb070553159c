// SPDX-License-Identifier: Apache-2.0
package io.flotilla.console.api;

import io.flotilla.console.ConsoleConfig;
import io.flotilla.console.event.TimeLine;
import io.flotilla.console.graph.ConfigIndex;
import io.flotilla.console.graph.TrafficJoin;
import io.flotilla.console.peer.Answer;
import io.flotilla.console.peer.Peers;
import io.flotilla.console.peer.Polled;
import io.flotilla.console.status.StatusJoin;
import io.flotilla.contract.galley.ListResponse;
import io.flotilla.contract.pilot.ListProxiesResponse;
import io.flotilla.contract.telemetry.GetGraphResponse;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Makes the joined view, at most once a refresh for each window. */
@ApplicationScoped
public class MeshViews {
  /** The windows that can be asked for, in seconds. */
  public static final List<Integer> WINDOWS = List.of(10, 60, 300);

  private static final int EVENTS_OF_A_CHANNEL = 40;

  /** Configuration is long and changes seldom. */
  private static final int CONFIGURATION_REFRESHES = 2;

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<Integer, Polled<Answer<GetGraphResponse>>> traffic = new LinkedHashMap<>();
  private final Polled<Answer<ListProxiesResponse>> proxies;
  private final Polled<Known> configuration;
  private final TrafficJoin trafficJoin;
  private final StatusJoin statusJoin;
  private final TimeLine timeLine;

  /** Galley's answer, and what was read from it once. */
  private record Known(Answer<ListResponse> answer, ConfigIndex index) {}

  MeshViews(ConsoleConfig config, Peers peers, TimeLine timeLine) {
    this.timeLine = timeLine;
    this.trafficJoin = new TrafficJoin(config.maxNodes(), config.maxEdges());
    this.statusJoin = new StatusJoin(config, peers, timeLine::acknowledgedAt);
    // A little less than a refresh, so that each refresh of a page finds new figures.
    Duration fresh = config.refresh().multipliedBy(4).dividedBy(5);
    for (int window : WINDOWS) {
      traffic.put(window, new Polled<>(() -> peers.traffic(window), fresh, System::nanoTime));
    }
    this.proxies = new Polled<>(peers::proxies, fresh, System::nanoTime);
    this.configuration =
        new Polled<>(
            () -> {
              Answer<ListResponse> answer = peers.configuration();
              return new Known(
                  answer, answer.value().map(ConfigIndex::of).orElse(ConfigIndex.EMPTY));
            },
            fresh.multipliedBy(CONFIGURATION_REFRESHES),
            System::nanoTime);
  }

  /**
   * The view over a window, one of {@link #WINDOWS}. Blocks up to the deadline.
   *
   * @throws IllegalArgumentException if the window is none of them
   */
  public MeshView view(int window) {
    Polled<Answer<GetGraphResponse>> asked = traffic.get(window);
    if (asked == null) {
      throw new IllegalArgumentException(
          "window is " + window + ", but must be one of " + WINDOWS + " seconds");
    }
    // Together, so that the slowest decides and not the sum.
    CompletableFuture<Answer<ListProxiesResponse>> ofPilot =
        CompletableFuture.supplyAsync(proxies::latest, threads);
    CompletableFuture<Known> ofGalley =
        CompletableFuture.supplyAsync(configuration::latest, threads);
    Answer<GetGraphResponse> edges = asked.latest();
    Answer<ListProxiesResponse> connected = ofPilot.join();
    Known known = ofGalley.join();
    return new MeshView(
        Instant.now(),
        trafficJoin.join(window, edges, connected, known.index()),
        statusJoin.join(edges, connected, known.answer()),
        timeLine.newestOfEach(EVENTS_OF_A_CHANNEL));
  }

  ExecutorService threads() {
    return threads;
  }

  @PreDestroy
  void close() {
    threads.shutdownNow();
  }
}
