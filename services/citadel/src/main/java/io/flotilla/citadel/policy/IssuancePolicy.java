// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel.policy;

import io.flotilla.citadel.Refusal;
import io.flotilla.citadel.Refusal.Kind;
import io.flotilla.citadel.attest.Attested;
import io.flotilla.citadel.attest.Attested.Proof;
import io.flotilla.identity.CertificateSigningRequest;
import io.flotilla.identity.InvalidIdentityException;
import io.flotilla.identity.SpiffeId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Everybody gets the identity that was attested and no other. Further host names are for servers of
 * the control plane, and never through a relay.
 */
public final class IssuancePolicy {
  private static final Set<String> LOOPBACK =
      Set.of("localhost", "127.0.0.1", "0:0:0:0:0:0:0:1", "::1");

  private final Servers servers;
  private final Duration defaultLife;
  private final Duration longestLife;

  /**
   * Whose certificates may carry host names.
   *
   * @param namespace the control plane's
   * @param accounts service accounts there, each with the names of its own service
   * @param istiod those of them that may also be called istiod
   */
  public record Servers(String namespace, Set<String> accounts, Set<String> istiod) {
    public Servers {
      accounts = Set.copyOf(accounts);
      istiod = Set.copyOf(istiod);
    }

    /** Whether {@code id} is one of the control plane's servers. */
    public boolean include(SpiffeId id) {
      return id.namespace().equals(Optional.of(namespace))
          && accounts.contains(id.serviceAccount().orElse(""));
    }

    private boolean mayBear(SpiffeId id, String host) {
      if (!include(id)) {
        return false;
      }
      String account = id.serviceAccount().orElse("");
      return LOOPBACK.contains(host)
          || isNameOf(account, host)
          || (istiod.contains(account) && isNameOf("istiod", host));
    }

    private boolean isNameOf(String service, String host) {
      String name = service + "." + namespace;
      return host.equals(name)
          || host.equals(name + ".svc")
          || host.equals(name + ".svc.cluster.local");
    }
  }

  public IssuancePolicy(Servers servers, Duration defaultLife, Duration longestLife) {
    this.servers = servers;
    this.defaultLife = defaultLife;
    this.longestLife = longestLife;
  }

  /**
   * What {@code caller} gets for its request.
   *
   * @param seconds the life that is asked for; 0: the default
   * @throws Refusal if it asks for what it may not have
   */
  public Grant grant(Attested caller, CertificateSigningRequest request, long seconds) {
    checkIdentity(caller, request);
    checkHosts(caller, request.hosts());
    return new Grant(caller.id(), request.hosts(), life(seconds));
  }

  private static void checkIdentity(Attested caller, CertificateSigningRequest request) {
    try {
      Optional<SpiffeId> asked = request.spiffeId();
      if (asked.isPresent() && !asked.orElseThrow().equals(caller.id())) {
        throw new Refusal(
            Kind.PERMISSION_DENIED,
            caller.id() + " may not have a certificate of " + asked.orElseThrow());
      }
    } catch (InvalidIdentityException e) {
      throw new Refusal(
          Kind.PERMISSION_DENIED,
          caller.id() + " may have a certificate of its own identity only: " + e.getMessage());
    }
  }

  private void checkHosts(Attested caller, List<String> hosts) {
    for (String host : hosts) {
      if (caller.proof() == Proof.RELAY || !servers.mayBear(caller.id(), host)) {
        throw new Refusal(
            Kind.PERMISSION_DENIED,
            caller.id() + " may not have a certificate for the host name '" + host + "'");
      }
    }
  }

  private Duration life(long seconds) {
    if (seconds < 0) {
      throw new Refusal(
          Kind.INVALID_REQUEST,
          "The validity_duration must not be negative, but is " + seconds + " s");
    }
    Duration asked = seconds == 0 ? defaultLife : Duration.ofSeconds(seconds);
    if (asked.compareTo(longestLife) > 0) {
      throw new Refusal(
          Kind.INVALID_REQUEST,
          "The validity_duration of "
              + seconds
              + " s is longer than the "
              + longestLife.toSeconds()
              + " s that are allowed");
    }
    return asked;
  }
}
