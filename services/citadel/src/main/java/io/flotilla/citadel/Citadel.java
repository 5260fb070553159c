// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel;

import io.flotilla.citadel.attest.Attestation;
import io.flotilla.citadel.attest.CertificateAttestor;
import io.flotilla.citadel.attest.KeySetFile;
import io.flotilla.citadel.attest.TokenAttestor;
import io.flotilla.citadel.policy.IssuancePolicy;
import io.flotilla.citadel.policy.RateLimit;
import io.flotilla.citadel.publish.CertificateEvents;
import io.flotilla.citadel.publish.CertificateServer;
import io.flotilla.citadel.publish.CertificateService;
import io.flotilla.citadel.publish.CitadelMetrics;
import io.flotilla.citadel.publish.ExpiryWatch;
import io.flotilla.citadel.publish.IssuedLog;
import io.flotilla.citadel.publish.OwnCertificate;
import io.flotilla.citadel.sign.PluggedInDirectory;
import io.flotilla.citadel.sign.RootDirectory;
import io.flotilla.identity.CertificateAuthority;
import io.flotilla.identity.JwtVerifier;
import io.flotilla.identity.SpiffeId;
import io.flotilla.identity.TrustDomain;
import io.flotilla.shell.GrpcPort;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Citadel put together: attest, policy, sign, publish. It starts before the services that need its
 * certificates and stops after them.
 */
@ApplicationScoped
public class Citadel {
  private static final Logger LOG = Logger.getLogger(Citadel.class);
  private static final int BEFORE_THE_OTHERS = 100;
  private static final int AFTER_THE_OTHERS = 5000;

  private final CitadelConfig config;
  private final CertificateEvents events;
  private final MeterRegistry registry;
  private final IssuedLog issued;
  private final Clock clock = Clock.systemUTC();
  private volatile @Nullable Running running;

  private record Running(CertificateAuthority authority, GrpcPort server, ExpiryWatch watch) {}

  public Citadel(CitadelConfig config, CertificateEvents events, MeterRegistry registry) {
    this.config = config;
    this.events = events;
    this.registry = registry;
    this.issued = new IssuedLog(config.ca().remembered());
  }

  void start(@Observes @Priority(BEFORE_THE_OTHERS) StartupEvent event) {
    CertificateAuthority authority = authority();
    TrustDomain domain = new TrustDomain(config.trustDomain());
    OwnCertificate own =
        new OwnCertificate(
            authority,
            SpiffeId.of(domain, config.namespace(), "citadel"),
            config.ca().serverNames(),
            config.ca().defaultTtl(),
            clock);
    CitadelMetrics metrics = new CitadelMetrics(registry);
    metrics.watch(authority, own, clock);
    CertificateService service =
        new CertificateService(
            attestation(authority, domain),
            new IssuancePolicy(servers(), config.ca().defaultTtl(), config.ca().maxTtl()),
            new RateLimit(
                config.limits().perSecond(), config.limits().perIdentityPerMinute(), clock),
            authority,
            new CertificateService.Journal(issued, events, metrics),
            clock);
    GrpcPort server =
        CertificateServer.open(
            new InetSocketAddress(config.ca().host(), config.ca().port()),
            service,
            own,
            authority::roots,
            clock);
    ExpiryWatch watch = new ExpiryWatch(authority, config.root().warning(), events, clock);
    watch.start();
    running = new Running(authority, server, watch);
  }

  void stop(@Observes @Priority(AFTER_THE_OTHERS) ShutdownEvent event) {
    Running stopping = running;
    running = null;
    if (stopping != null) {
      stopping.watch().close();
      stopping.server().close();
    }
  }

  /** The authority, once it is loaded. */
  public Optional<CertificateAuthority> current() {
    Running now = running;
    return now == null ? Optional.empty() : Optional.of(now.authority());
  }

  /** The port of the Istio CA service; empty: it does not listen. */
  public Optional<Integer> port() {
    Running now = running;
    return now == null || !now.server().listening()
        ? Optional.empty()
        : Optional.of(now.server().port());
  }

  /** What was issued last. */
  public IssuedLog issued() {
    return issued;
  }

  private CertificateAuthority authority() {
    Optional<CertificateAuthority> plugged =
        new PluggedInDirectory(config.pluggedIn().dir()).load(clock);
    CertificateAuthority authority =
        plugged.orElseGet(
            () ->
                new RootDirectory(config.root().dir())
                    .loadOrCreate(
                        new TrustDomain(config.trustDomain()), config.root().ttl(), clock));
    LOG.infof("%s %s", plugged.isPresent() ? "plugged in:" : "own root:", authority);
    return authority;
  }

  private IssuancePolicy.Servers servers() {
    return new IssuancePolicy.Servers(
        config.namespace(), config.policy().serverAccounts(), config.policy().istiodAccounts());
  }

  private Attestation attestation(CertificateAuthority authority, TrustDomain domain) {
    CitadelConfig.Attest attest = config.attest();
    JwtVerifier verifier =
        new JwtVerifier(
            new KeySetFile(attest.jwt().jwksFile()),
            attest.jwt().issuer(),
            attest.jwt().audiences(),
            clock);
    IssuancePolicy.Servers relays =
        new IssuancePolicy.Servers(
            config.namespace(), attest.relay().serviceAccounts(), attest.relay().serviceAccounts());
    return new Attestation(
        new TokenAttestor(verifier, domain),
        new CertificateAttestor(authority::roots, domain, clock),
        relays::include,
        servers()::include);
  }
}
