// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent;

import io.flotilla.agent.admin.AdminAnswer;
import io.flotilla.agent.admin.ServerInfoPage;
import io.flotilla.agent.admin.StatsPage;
import io.flotilla.agent.dns.DnsProxy;
import io.flotilla.ca.client.HeldIdentity;
import io.flotilla.ca.client.WorkloadIdentity;
import io.flotilla.model.dns.NameTable;
import io.flotilla.model.snapshot.ProxySnapshot;
import io.flotilla.model.tls.Secret;
import io.flotilla.proxy.EngineConfig;
import io.flotilla.proxy.Overload;
import io.flotilla.proxy.ProxyEngine;
import io.flotilla.proxy.api.PeerIdentity;
import io.flotilla.telemetry.api.SpanSink;
import io.flotilla.telemetry.api.otlp.OtlpSpanExporter;
import io.flotilla.xds.admin.BootstrapDescription;
import io.flotilla.xds.admin.ConfigDump;
import io.flotilla.xds.client.ProxyDiscovery;
import io.flotilla.xds.client.SnapshotFile;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The engine of this process. It gets a snapshot whenever Pilot's part of it or the identity
 * changes, and none before both are there.
 */
final class EngineDataplane implements Dataplane {
  /** What the node calls itself. */
  static final String USER_AGENT = "flotilla 0.1.0";

  private static final Logger LOG = Logger.getLogger(EngineDataplane.class);
  private static final int DRAIN_SLACK_SECONDS = 5;

  private final AgentConfig config;
  private final ProxyEngine engine;
  private final ProxyDiscovery discovery;
  private final Instant started = Instant.now();
  private final SpanSink spans;
  private @Nullable ProxySnapshot configuration;
  private @Nullable NameTable known;
  private @Nullable HeldIdentity identity;
  private final @Nullable DnsProxy dns;

  /**
   * @throws IOException if the DNS proxy that is asked for cannot be had
   */
  EngineDataplane(AgentConfig config, WorkloadIdentity identity) throws IOException {
    AgentConfig.Dns names = config.dns();
    this.dns = names == null ? null : DnsProxy.open(names.settings(config));
    this.config = config;
    String traces = config.tracesAddress();
    this.spans = traces == null ? SpanSink.none() : OtlpSpanExporter.to(traces);
    this.engine = new ProxyEngine(engineConfig(config, spans));
    this.discovery =
        new ProxyDiscovery(
            new ControlPlaneChannel(config.controlPlane(), identity),
            config.node(USER_AGENT, Set.of()),
            new SnapshotFile(config.stateDir().resolve("configuration")),
            this::configuration);
  }

  private static EngineConfig engineConfig(AgentConfig config, SpanSink spans) {
    PeerIdentity self =
        new PeerIdentity(
            config.name(),
            config.namespace(),
            config.workload(),
            config.canonicalService(),
            config.canonicalRevision(),
            config.labels().getOrDefault("app", config.canonicalService()),
            config.labels().getOrDefault("version", config.canonicalRevision()),
            config.clusterId(),
            config.spiffeId(),
            config.labels());
    return new EngineConfig(
        config.name(),
        self,
        config.node(USER_AGENT, Set.of()).id(),
        config.type().equals("router"),
        spans,
        record -> {},
        false,
        Duration.ofSeconds(config.drainSeconds()),
        Overload.ofProcess());
  }

  /** Called with a new certificate, on the identity's thread. */
  @Override
  public synchronized void identity(HeldIdentity held) {
    boolean first = identity == null;
    identity = held;
    apply();
    if (first) {
      // Without a certificate Pilot would refuse the stream.
      discovery.start();
    }
  }

  private synchronized void configuration(ProxySnapshot snapshot) {
    configuration = snapshot;
    if (dns != null) {
      snapshot.names().filter(names -> !names.equals(known)).ifPresent(this::names);
    }
    apply();
  }

  private void names(NameTable table) {
    if (dns != null) {
      dns.names(table);
      known = table;
    }
  }

  private void apply() {
    if (configuration == null || identity == null) {
      return;
    }
    Map<String, Secret> secrets = new LinkedHashMap<>(configuration.secrets());
    identity.secrets().forEach(secret -> secrets.put(secret.name(), secret));
    var unused =
        engine
            .apply(
                new ProxySnapshot(
                    configuration.revision(),
                    configuration.listeners(),
                    configuration.routes(),
                    configuration.clusters(),
                    configuration.endpoints(),
                    secrets))
            .thenAccept(
                result ->
                    result
                        .problems()
                        .forEach(
                            problem ->
                                LOG.warnf(
                                    "%s: revision %d: %s",
                                    config.name(), result.revision(), problem)));
  }

  @Override
  public synchronized String waitsFor() {
    if (configuration == null) {
      return "no configuration from "
          + config.controlPlane().xdsAddress()
          + " yet"
          + (discovery.isConnected() ? "" : ": it is not connected");
    }
    if (dns != null && !dns.isReady()) {
      return "no table of names from " + config.controlPlane().xdsAddress() + " yet";
    }
    return engine.isReady()
        ? ""
        : "the configuration is not in force yet: " + String.join("; ", engine.problems());
  }

  @Override
  public long revision() {
    return engine.snapshot().revision();
  }

  @Override
  public List<String> listeners() {
    List<String> all = new ArrayList<>();
    if (dns != null) {
      for (InetSocketAddress address : dns.addresses()) {
        all.add("dns " + address.getAddress().getHostAddress() + ":" + address.getPort());
      }
    }
    for (String name : engine.snapshot().listeners().keySet()) {
      for (InetSocketAddress address : engine.addresses(name)) {
        all.add(name + " " + address.getAddress().getHostAddress() + ":" + address.getPort());
      }
    }
    return all;
  }

  @Override
  public List<String> problems() {
    List<String> all = new ArrayList<>(discovery.problems());
    all.addAll(engine.problems());
    return all;
  }

  /** Istio's standard metrics and more, in Prometheus' text format. */
  String metrics() {
    return dns == null ? engine.metricsText() : engine.metricsText() + dns.metrics();
  }

  /** The page /stats: format, filter, usedonly and type as in Envoy. */
  AdminAnswer stats(Map<String, List<String>> query) {
    return StatsPage.answer(query, engine::statistics);
  }

  /** The page /server_info. */
  AdminAnswer serverInfo() {
    return ServerInfoPage.answer(
        config.node(USER_AGENT, Set.of()), USER_AGENT, engine.isReady(), started);
  }

  /** Sets all counters to zero. */
  AdminAnswer resetCounters() {
    engine.resetCounters();
    return AdminAnswer.text("OK\n");
  }

  /** Clusters and their endpoints, in the text format of Envoy's page /clusters. */
  String clusters() {
    return engine.clustersText();
  }

  /** The page /config_dump: resource, mask and include_eds as in Envoy. */
  AdminAnswer configDump(Map<String, List<String>> query) {
    if (query.containsKey("name_regex")) {
      return AdminAnswer.text(400, "name_regex is not supported; use resource and mask\n");
    }
    ConfigDump dump =
        new ConfigDump(
            BootstrapDescription.of(
                config.node(USER_AGENT, Set.of()),
                config.adminAddress(),
                15000,
                config.controlPlane().xdsAddress()),
            started,
            discovery.accepted(),
            discovery.rejected(),
            engine.snapshot().secrets());
    try {
      return AdminAnswer.json(
          dump.json(
              new ConfigDump.Query(
                  first(query, "resource"),
                  first(query, "mask"),
                  name -> true,
                  query.containsKey("include_eds"))));
    } catch (ConfigDump.UnknownResourceException e) {
      return AdminAnswer.text(404, e.getMessage() + "\n");
    } catch (IllegalArgumentException e) {
      return AdminAnswer.text(400, e.getMessage() + "\n");
    }
  }

  private static Optional<String> first(Map<String, List<String>> query, String name) {
    return Optional.ofNullable(query.get(name)).map(List::getFirst);
  }

  @Override
  public void close() {
    discovery.close();
    closeEngine();
    if (dns != null) {
      // Last: requests in flight may still resolve names.
      dns.close();
    }
  }

  private void closeEngine() {
    try {
      engine.drain().get(config.drainSeconds() + DRAIN_SLACK_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.warnf("%s did not drain: %s", config.name(), e);
    }
    engine.close();
    spans.close();
  }
}
