// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Citadel's configuration; docs/citadel.md tells each key. */
@ConfigMapping(prefix = "flotilla.citadel")
public interface CitadelConfig {
  /** The trust domain of every identity that is signed here. */
  @WithDefault("cluster.local")
  String trustDomain();

  /** The namespace of the control plane. */
  @WithDefault("istio-system")
  String namespace();

  Ca ca();

  Root root();

  PluggedIn pluggedIn();

  Attest attest();

  Policy policy();

  Limits limits();

  /** The Istio CA service. */
  interface Ca {
    /** The address that it listens on. */
    @WithDefault("0.0.0.0")
    String host();

    /** Its port; 0: any free one. */
    @WithDefault("15019")
    int port();

    /** DNS names and addresses in the server's own certificate. */
    @WithDefault(
        "citadel.istio-system.svc,citadel.istio-system.svc.cluster.local,istiod.istio-system.svc,"
            + "istiod.istio-system.svc.cluster.local,localhost,127.0.0.1,::1")
    List<String> serverNames();

    /** The life of a certificate whose request names none. */
    @WithDefault("24h")
    Duration defaultTtl();

    /** The longest life that may be asked for. */
    @WithDefault("90d")
    Duration maxTtl();

    /** How many recent issues {@code /citadel/api/issued} remembers. */
    @WithDefault("1000")
    int remembered();
  }

  /** The root of our own. */
  interface Root {
    /** Where it is kept; made with mode 0700. */
    @WithDefault("/var/lib/flotilla/citadel")
    Path dir();

    /** Its life when it is made. */
    @WithDefault("3650d")
    Duration ttl();

    /** How long before an authority's expiry it is told as "expiring". */
    @WithDefault("30d")
    Duration warning();
  }

  /** An issuing certificate that was made elsewhere. */
  interface PluggedIn {
    /** A directory as Istio's {@code cacerts} secret or a {@code kubernetes.io/tls} secret. */
    @WithDefault("/etc/cacerts")
    Path dir();
  }

  /** How callers prove who they are. */
  interface Attest {
    Jwt jwt();

    Relay relay();

    /** Tokens of service accounts. */
    interface Jwt {
      /** The keys that tokens are signed with, as JWKS; absent: no token is accepted. */
      Optional<Path> jwksFile();

      /** One of these must be in a token. */
      @WithDefault("istio-ca")
      Set<String> audiences();

      /** Who must have issued it; absent: anybody with a key of the set. */
      Optional<String> issuer();
    }

    /** Services that pass on others' requests. */
    interface Relay {
      /** Their service accounts in the control plane's namespace. */
      @WithDefault("istiod,pilot")
      Set<String> serviceAccounts();
    }
  }

  /** What callers may have. */
  interface Policy {
    /**
     * Service accounts in the control plane's namespace whose certificates may carry the DNS names
     * {@code <account>.<namespace>[.svc[.<cluster domain>]]} and loopback names.
     */
    @WithDefault("istiod,pilot,citadel,galley,telemetry,console")
    Set<String> serverAccounts();

    /** Those of them that may also be called {@code istiod}. */
    @WithDefault("istiod,pilot")
    Set<String> istiodAccounts();
  }

  /** How much is answered. */
  interface Limits {
    /** Requests a second in all. */
    @WithDefault("500")
    int perSecond();

    /** Requests a minute of one identity; replicas share theirs. */
    @WithDefault("600")
    int perIdentityPerMinute();
  }
}
