// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel.publish;

import io.flotilla.identity.CertificateAuthority;
import io.flotilla.identity.SpiffeId;
import io.flotilla.identity.Svid;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Citadel's own server certificate: issued here, and again once half of its life is over. */
public final class OwnCertificate implements Supplier<Svid> {
  private final CertificateAuthority authority;
  private final SpiffeId id;
  private final List<String> names;
  private final Duration life;
  private final Clock clock;
  private @Nullable Svid current;

  public OwnCertificate(
      CertificateAuthority authority, SpiffeId id, List<String> names, Duration life, Clock clock) {
    this.authority = authority;
    this.id = id;
    this.names = List.copyOf(names);
    this.life = life;
    this.clock = clock;
  }

  @Override
  public synchronized Svid get() {
    Instant now = clock.instant();
    Svid held = current;
    if (held != null && now.isBefore(held.expiry().minus(life.dividedBy(2)))) {
      return held;
    }
    try {
      Svid next = authority.issue(id, names, life);
      current = next;
      return next;
    } catch (RuntimeException e) {
      // An authority near its end issues shorter lives, then none; what is valid stays in use.
      if (held == null || !now.isBefore(held.expiry())) {
        throw e;
      }
      return held;
    }
  }
}
