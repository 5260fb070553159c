// SPDX-License-Identifier: Apache-2.0
package io.flotilla.pilot.source;

import io.flotilla.api.InvalidResourceException;
import io.flotilla.api.Kind;
import io.flotilla.api.Kinds;
import io.flotilla.api.Resource;
import io.flotilla.graph.Source;
import io.flotilla.graph.Transaction;
import io.flotilla.graph.View;
import io.flotilla.translate.PilotGraph;
import io.flotilla.xds.client.RawAdsClient;
import io.flotilla.xds.client.RawAdsClient.Received;
import io.grpc.ManagedChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Feeds the graph from Galley's MCP stream. Nothing is applied before every kind has come once;
 * from then on what is in force stays in force while Galley is away. After a restart without Galley
 * the last good configuration is read from disk.
 *
 * <p>Galley sends each kind of a revision by itself and says with which it is whole; they are
 * applied together, so that a route never comes before the subset that it names. What a server
 * sends that says nothing of the sort is applied after a pause.
 */
public final class ConfigurationSource implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(ConfigurationSource.class);

  // A revision of which a part does not come is applied without it.
  private static final Duration LONGEST = Duration.ofSeconds(1);

  /** Hears of configurations. */
  public interface Listener {
    /** The first complete configuration is applied. */
    void complete();

    /** A revision of Galley is applied. */
    void applied();
  }

  private final PilotGraph pilot;
  private final Duration together;
  private final LastGoodFile file;
  private final Listener listener;
  private final RawAdsClient client;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("configuration").factory());

  // All of the following belongs to the thread.
  private final Set<String> missing = new HashSet<>();
  private final Map<Kind<?>, Map<String, Resource<?>>> objects = new HashMap<>();
  private final Map<Kind<?>, Map<String, Optional<Resource<?>>>> pending = new LinkedHashMap<>();
  private @Nullable ScheduledFuture<?> flush;
  private boolean first = true;
  private long latest;

  private volatile long revision;
  private volatile boolean complete;
  private volatile boolean connected;
  private volatile String lastError = "";

  /** Not started yet. */
  public ConfigurationSource(
      PilotGraph pilot,
      Supplier<ManagedChannel> galley,
      String nodeId,
      Duration together,
      Path stateDir,
      Listener listener) {
    this.pilot = pilot;
    this.together = together;
    this.file = new LastGoodFile(stateDir);
    this.listener = listener;
    this.client = new RawAdsClient(galley, nodeId, Map.of("GENERATOR", "api"), new Handler());
    for (Kind<?> kind : pilot.kinds()) {
      objects.put(kind, new LinkedHashMap<>());
      missing.add(kind.typeUrl());
    }
  }

  /** Reads what was saved, then follows Galley. */
  public void start() {
    thread.execute(this::restore);
    client.start();
    client.subscribeAll(List.copyOf(missing));
  }

  /** Galley's revision that is applied; 0: none. */
  public long revision() {
    return revision;
  }

  /** Whether a complete configuration is applied. */
  public boolean isComplete() {
    return complete;
  }

  /** Whether Galley's stream is up. */
  public boolean isConnected() {
    return connected;
  }

  /** Why Galley's stream is down; empty: it is up, or was not tried yet. */
  public String lastError() {
    return lastError;
  }

  private void restore() {
    file.load()
        .ifPresent(
            saved -> {
              pilot.graph().transact(tx -> saved.objects().forEach(r -> set(tx, r)));
              revision = saved.revision();
              LOG.infof(
                  "serving the saved configuration of revision %d, %d objects, until Galley answers",
                  saved.revision(), saved.objects().size());
              completed();
            });
  }

  private void completed() {
    if (!complete) {
      complete = true;
      listener.complete();
    }
  }

  private final class Handler implements RawAdsClient.Handler {
    @Override
    public Map<String, String> received(
        String typeUrl, Map<String, Received> changed, List<String> removed, long newRevision) {
      Optional<Kind<?>> kind = Kinds.byTypeUrl(typeUrl);
      if (kind.isEmpty()) {
        return Map.of();
      }
      Map<String, String> refused = new LinkedHashMap<>();
      Map<String, Optional<Resource<?>>> taken = new LinkedHashMap<>();
      changed.forEach(
          (name, received) -> {
            try {
              taken.put(name, Optional.of(McpObjects.read(kind.get(), received.body())));
            } catch (InvalidResourceException e) {
              refused.put(name, String.valueOf(e.getMessage()));
              LOG.warnf("Galley's %s %s is refused: %s", typeUrl, name, e.getMessage());
            }
          });
      removed.forEach(name -> taken.put(name, Optional.empty()));
      thread.execute(() -> gather(kind.get(), taken, newRevision));
      return refused;
    }

    @Override
    public void whole() {
      thread.execute(ConfigurationSource.this::applyWhole);
    }

    @Override
    public void connected() {
      connected = true;
      lastError = "";
    }

    @Override
    public void disconnected(String reason) {
      if (connected || lastError.isEmpty()) {
        LOG.warnf("Galley is away (%s); the configuration in force stays in force", reason);
      }
      connected = false;
      lastError = reason;
    }
  }

  private void gather(Kind<?> kind, Map<String, Optional<Resource<?>>> taken, long newRevision) {
    pending.computeIfAbsent(kind, k -> new LinkedHashMap<>()).putAll(taken);
    missing.remove(kind.typeUrl());
    latest = Math.max(latest, newRevision);
    if (missing.isEmpty() && flush == null) {
      Duration patience = newRevision == 0 ? together : LONGEST;
      flush = thread.schedule(this::apply, patience.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  private void applyWhole() {
    ScheduledFuture<?> due = flush;
    if (due != null) {
      due.cancel(false);
      apply();
    }
  }

  private void apply() {
    flush = null;
    try {
      pending.forEach(
          (kind, changes) -> {
            Map<String, Resource<?>> known = objects.getOrDefault(kind, new LinkedHashMap<>());
            changes.forEach(
                (name, resource) ->
                    resource.ifPresentOrElse(r -> known.put(name, r), () -> known.remove(name)));
          });
      View view =
          pilot
              .graph()
              .transact(
                  tx -> {
                    if (first) {
                      objects.forEach((kind, all) -> replace(tx, kind, all));
                    } else {
                      pending.forEach((kind, changes) -> change(tx, kind, changes));
                    }
                  });
      first = false;
      pending.clear();
      revision = latest;
      LOG.infof("configuration revision %d is revision %s of the graph", revision, view.revision());
      view.failures().forEach(failure -> LOG.errorf("translation failed: %s", failure));
      completed();
      listener.applied();
      List<Resource<?>> all = new ArrayList<>();
      objects.values().forEach(of -> all.addAll(of.values()));
      file.save(revision, all);
    } catch (RuntimeException e) {
      LOG.error("a configuration could not be applied; the one before stays in force", e);
    }
  }

  private <S> void set(Transaction tx, Resource<S> resource) {
    pilot
        .source(resource.kind())
        .ifPresent(source -> tx.set(source, resource.metadata().fullName(), resource));
  }

  @SuppressWarnings("unchecked")
  private <S> void replace(Transaction tx, Kind<S> kind, Map<String, Resource<?>> all) {
    pilot
        .source(kind)
        .ifPresent(
            source -> {
              Map<String, Resource<S>> typed = new LinkedHashMap<>();
              all.forEach((name, resource) -> typed.put(name, (Resource<S>) resource));
              tx.replace(source, typed);
            });
  }

  @SuppressWarnings("unchecked")
  private <S> void change(
      Transaction tx, Kind<S> kind, Map<String, Optional<Resource<?>>> changes) {
    Optional<Source<String, Resource<S>>> source = pilot.source(kind);
    source.ifPresent(
        s ->
            changes.forEach(
                (name, resource) ->
                    resource.ifPresentOrElse(
                        r -> tx.set(s, name, (Resource<S>) r), () -> tx.remove(s, name))));
  }

  @Override
  public void close() {
    client.close();
    thread.shutdown();
  }
}
