// SPDX-License-Identifier: Apache-2.0
package io.flotilla.pilot;

import io.flotilla.ca.client.CaClient;
import io.flotilla.ca.client.CaRelay;
import io.flotilla.ca.client.HeldIdentity;
import io.flotilla.ca.client.WorkloadIdentity;
import io.flotilla.identity.InvalidIdentityException;
import io.flotilla.identity.MeshTrust;
import io.flotilla.identity.RotatingKeys;
import io.flotilla.identity.RotationSchedule;
import io.flotilla.identity.SpiffeId;
import io.flotilla.identity.TrustBundle;
import io.flotilla.identity.TrustDomain;
import io.flotilla.pilot.push.ProxyEvents;
import io.flotilla.pilot.push.ProxyRegistry;
import io.flotilla.pilot.push.PushMetrics;
import io.flotilla.pilot.serve.DiscoveryServer;
import io.flotilla.pilot.source.ConfigurationSource;
import io.flotilla.shell.GrpcPort;
import io.flotilla.translate.PilotGraph;
import io.flotilla.xds.server.XdsServer;
import io.grpc.ManagedChannel;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import javax.net.ssl.SSLException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Pilot put together. It starts after Citadel and Galley where they share its process, and stops
 * before them.
 */
@ApplicationScoped
public class Pilot {
  private static final Logger LOG = Logger.getLogger(Pilot.class);
  private static final int AFTER_GALLEY = 3000;
  private static final int BEFORE_GALLEY = 2000;
  private static final int KEEP_ALIVE_SECONDS = 15;
  private static final int LARGEST_MESSAGE = 64 << 20;

  private final PilotConfig config;
  private final PilotGraph graph;
  private final ProxyRegistry registry;
  private final ConfigurationSource source;
  private final Clock clock = Clock.systemUTC();
  private final List<AutoCloseable> opened = new ArrayList<>();
  private volatile @Nullable WorkloadIdentity identity;
  private volatile @Nullable GrpcPort plaintext;
  private volatile @Nullable GrpcPort secure;

  public Pilot(PilotConfig config, ProxyEvents events, MeterRegistry meters) {
    this.config = config;
    this.graph = new PilotGraph(config.mesh().settings());
    PushMetrics metrics = new PushMetrics(meters);
    this.registry = new ProxyRegistry(graph, events, metrics, this::configRevision);
    this.source =
        new ConfigurationSource(
            graph,
            this::galley,
            "pilot~" + config.host() + "~pilot." + config.identity().namespace() + "~pilot",
            config.galley().together(),
            config.stateDir(),
            new ConfigurationSource.Listener() {
              @Override
              public void complete() {
                registry.admit();
              }

              @Override
              public void applied() {
                registry.configurationApplied();
              }
            });
    metrics.gauge(
        "pilot_services",
        "Services of the mesh",
        () -> graph.graph().view().size(graph.services()));
    metrics.gauge("pilot_xds", "Connected proxies", () -> registry.states().size());
    metrics.gauge(
        "pilot_revision", "Revision of the graph", () -> graph.graph().view().revision().number());
  }

  void start(@Observes @Priority(AFTER_GALLEY) StartupEvent event) {
    List<io.grpc.BindableService> ads = List.of(new XdsServer(registry, registry));
    if (config.ports().plaintext() >= 0) {
      plaintext =
          DiscoveryServer.open(
              "ADS in plaintext",
              "flotilla.pilot.ports.plaintext",
              new InetSocketAddress(config.host(), config.ports().plaintext()),
              Optional.empty(),
              ads,
              List.of());
    }
    config
        .identity()
        .rootFile()
        .ifPresentOrElse(
            root -> secure(root, ads),
            () ->
                LOG.info(
                    "no secure port: flotilla.pilot.identity.root-file does not tell whom to"
                        + " trust"));
    source.start();
  }

  private void secure(Path rootFile, List<io.grpc.BindableService> ads) {
    PilotConfig.Identity who = config.identity();
    WorkloadIdentity own =
        new WorkloadIdentity(
            new WorkloadIdentity.Request(
                SpiffeId.of(
                    new TrustDomain(config.mesh().trustDomain()),
                    who.namespace(),
                    who.serviceAccount()),
                who.serverNames(),
                who.ttl()),
            new CaClient(
                who.citadel(),
                () -> roots(rootFile),
                () -> who.tokenFile().map(Pilot::token).orElse(""),
                Optional.empty()),
            () -> roots(rootFile),
            RotationSchedule.standard(RandomGenerator.getDefault()),
            clock);
    identity = own;
    opened.add(own);
    if (config.ports().secure() >= 0) {
      opened.add(own.listen(held -> open(own, ads)));
    }
    own.start();
  }

  /** With the first certificate. */
  private synchronized void open(WorkloadIdentity own, List<io.grpc.BindableService> ads) {
    if (secure != null) {
      return;
    }
    CaRelay relay = new CaRelay(config.identity().citadel(), own::held, clock);
    opened.add(relay);
    secure =
        DiscoveryServer.open(
            "ADS and the CA relay over TLS",
            "flotilla.pilot.ports.secure",
            new InetSocketAddress(config.host(), config.ports().secure()),
            Optional.of(serverTls(own)),
            ads,
            List.of(relay.service()));
  }

  private SslContext serverTls(WorkloadIdentity own) {
    try {
      return GrpcSslContexts.configure(
              SslContextBuilder.forServer(new RotatingKeys(() -> held(own).svid())),
              SslProvider.JDK)
          .trustManager(new MeshTrust(() -> held(own).trust(), any -> true, clock))
          .clientAuth(ClientAuth.OPTIONAL)
          .build();
    } catch (SSLException e) {
      throw new IllegalStateException("TLS of the secure port cannot be set up", e);
    }
  }

  private static HeldIdentity held(WorkloadIdentity own) {
    return own.held()
        .orElseThrow(() -> new InvalidIdentityException("Pilot holds no valid certificate now"));
  }

  private ManagedChannel galley() {
    NettyChannelBuilder builder =
        NettyChannelBuilder.forTarget(config.galley().target())
            .maxInboundMessageSize(LARGEST_MESSAGE)
            .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
            .keepAliveWithoutCalls(true);
    if (!config.galley().tls()) {
      return builder.usePlaintext().build();
    }
    WorkloadIdentity own = identity;
    if (own == null || own.held().isEmpty()) {
      throw new IllegalStateException("Galley is not called before Pilot holds a certificate");
    }
    try {
      SpiffeId galley =
          SpiffeId.of(
              new TrustDomain(config.mesh().trustDomain()),
              config.identity().namespace(),
              config.identity().galleyServiceAccount());
      return builder
          .sslContext(
              GrpcSslContexts.configure(SslContextBuilder.forClient(), SslProvider.JDK)
                  .keyManager(new RotatingKeys(() -> held(own).svid()))
                  .trustManager(new MeshTrust(() -> held(own).trust(), galley::equals, clock))
                  .build())
          .build();
    } catch (SSLException e) {
      throw new IllegalStateException("TLS to Galley cannot be set up", e);
    }
  }

  private static TrustBundle roots(Path file) {
    return TrustBundle.parse(read(file), file.toString());
  }

  private static String token(Path file) {
    return read(file).strip();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be read", e);
    }
  }

  void stop(@Observes @Priority(BEFORE_GALLEY) ShutdownEvent event) {
    source.close();
    close(plaintext);
    close(secure);
    opened.forEach(Pilot::close);
  }

  private static void close(@Nullable AutoCloseable what) {
    if (what != null) {
      try {
        what.close();
      } catch (Exception e) {
        LOG.warnf("closing failed: %s", e.getMessage());
      }
    }
  }

  private long configRevision() {
    return source.revision();
  }

  /** The graph. */
  public PilotGraph graph() {
    return graph;
  }

  /** The connected proxies. */
  public ProxyRegistry proxies() {
    return registry;
  }

  /** Where the configuration comes from. */
  public ConfigurationSource source() {
    return source;
  }

  /** The plaintext port; empty: closed. */
  public Optional<Integer> plaintextPort() {
    GrpcPort server = plaintext;
    return server == null ? Optional.empty() : Optional.of(server.port());
  }

  /** The secure port; empty: closed, or waiting for Pilot's certificate. */
  public Optional<Integer> securePort() {
    GrpcPort server = secure;
    return server == null ? Optional.empty() : Optional.of(server.port());
  }

  /** Whether the secure port should be open and is not yet. */
  public boolean waitsForCertificate() {
    return config.identity().rootFile().isPresent()
        && config.ports().secure() >= 0
        && secure == null;
  }
}
