// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel.publish;

import io.flotilla.identity.CertificateAuthority;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** Tells, from the day on which it matters, that a certificate of the authority will expire. */
public final class ExpiryWatch implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(ExpiryWatch.class);
  private static final int EVERY_HOURS = 6;

  private final CertificateAuthority authority;
  private final Duration warning;
  private final CertificateEvents events;
  private final Clock clock;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("ca-expiry").factory());

  public ExpiryWatch(
      CertificateAuthority authority, Duration warning, CertificateEvents events, Clock clock) {
    this.authority = authority;
    this.warning = warning;
    this.events = events;
    this.clock = clock;
  }

  /** Looks now and every few hours. */
  public void start() {
    timer.scheduleAtFixedRate(this::look, 0, EVERY_HOURS, TimeUnit.HOURS);
  }

  private void look() {
    for (X509Certificate each : authority.issuers()) {
      Instant expiry = each.getNotAfter().toInstant();
      if (clock.instant().isAfter(expiry.minus(warning))) {
        String name = each.getSubjectX500Principal().getName();
        LOG.warnf(
            "the authority's certificate '%s' expires at %s: replace it before", name, expiry);
        events.expiring(name, expiry);
      }
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
