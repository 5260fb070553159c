// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel.publish;

import io.flotilla.citadel.Refusal;
import io.flotilla.identity.CertificateAuthority;
import io.flotilla.identity.Svid;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Istio's metrics of its CA, by Istio's names ("Exported metrics" of the pilot-discovery
 * reference). They are gauges that only grow, since the Prometheus registry would add {@code
 * _total} to a counter's name and dashboards ask for the names as they are.
 */
public final class CitadelMetrics {
  private static final String PREFIX = "citadel_server_";

  private final MeterRegistry registry;
  private final AtomicLong requests;
  private final AtomicLong unauthenticated;
  private final AtomicLong unreadable;
  private final AtomicLong misidentified;
  private final AtomicLong unsigned;
  private final AtomicLong issued;
  private final Map<Refusal.Kind, AtomicLong> refused = new EnumMap<>(Refusal.Kind.class);

  public CitadelMetrics(MeterRegistry registry) {
    this.registry = registry;
    requests = count("csr_count", "CSRs received");
    unauthenticated = count("authentication_failure_count", "Callers that proved no identity");
    unreadable = count("csr_parsing_err_count", "CSRs that could not be read");
    misidentified = count("id_extraction_err_count", "CSRs that asked for another identity");
    unsigned = count("csr_sign_err_count", "CSRs that could not be signed");
    issued = count("success_cert_issuance_count", "Certificates issued");
    for (Refusal.Kind kind : Refusal.Kind.values()) {
      AtomicLong value = new AtomicLong();
      refused.put(kind, value);
      Gauge.builder("flotilla_citadel_refused", value, AtomicLong::doubleValue)
          .description("Requests refused, by kind")
          .tag("kind", kind.name())
          .register(registry);
    }
  }

  /** Shows when the root and the server's own chain expire. */
  public void watch(CertificateAuthority authority, Supplier<Svid> own, Clock clock) {
    expiry("root_cert_expiry", () -> authority.roots().earliestExpiry(), clock);
    expiry("cert_chain_expiry", () -> own.get().expiry(), clock);
  }

  void requested() {
    requests.incrementAndGet();
  }

  void issued() {
    issued.incrementAndGet();
  }

  void unreadable() {
    unreadable.incrementAndGet();
  }

  void unsigned() {
    unsigned.incrementAndGet();
  }

  void refused(Refusal.Kind kind) {
    refused.computeIfAbsent(kind, any -> new AtomicLong()).incrementAndGet();
    switch (kind) {
      case UNAUTHENTICATED -> unauthenticated.incrementAndGet();
      case PERMISSION_DENIED -> misidentified.incrementAndGet();
      default -> {}
    }
  }

  private AtomicLong count(String name, String description) {
    AtomicLong value = new AtomicLong();
    Gauge.builder(PREFIX + name, value, AtomicLong::doubleValue)
        .description(description)
        .register(registry);
    return value;
  }

  private void expiry(String name, Supplier<Instant> when, Clock clock) {
    Gauge.builder(PREFIX + name + "_timestamp", () -> when.get().getEpochSecond())
        .description("When it expires, in seconds since 1970")
        .register(registry);
    Gauge.builder(
            PREFIX + name + "_seconds",
            () -> when.get().getEpochSecond() - clock.instant().getEpochSecond())
        .description("How long it is still valid, in seconds")
        .register(registry);
  }
}
