// SPDX-License-Identifier: Apache-2.0
package io.flotilla.pilot;

import io.flotilla.translate.MeshSettings;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Pilot's configuration; docs/pilot.md tells each key. */
@ConfigMapping(prefix = "flotilla.pilot")
public interface PilotConfig {
  /** The address that all of its ports listen on. */
  @WithDefault("0.0.0.0")
  String host();

  /** Where the last good configuration is kept for a restart without Galley. */
  @WithDefault("/var/lib/flotilla/pilot")
  Path stateDir();

  Ports ports();

  Galley galley();

  Identity identity();

  Mesh mesh();

  /** Where it listens. */
  interface Ports {
    /** ADS in plaintext; -1: closed, 0: any free port. */
    @WithDefault("15010")
    int plaintext();

    /** ADS and the relay to Citadel over TLS; -1: closed, 0: any free port. */
    @WithDefault("15012")
    int secure();

    /** Debug and metrics by HTTP; 0: closed. */
    @WithDefault("15014")
    int debug();
  }

  /** Where the configuration comes from. */
  interface Galley {
    /** Galley's MCP port. */
    @WithDefault("127.0.0.1:9901")
    String target();

    /** Whether the port speaks mutual TLS. */
    @WithDefault("false")
    boolean tls();

    /**
     * How long parts of a revision may be apart, of a source that does not say when it is whole.
     */
    @WithDefault("10ms")
    Duration together();
  }

  /** Who Pilot is, and who says so. */
  interface Identity {
    /** Citadel's CA port. */
    @WithDefault("127.0.0.1:15019")
    String citadel();

    /** PEM file with the roots that Citadel's certificate chains to; absent: no secure port. */
    Optional<Path> rootFile();

    /** File with the token of Pilot's service account, read again for each request. */
    Optional<Path> tokenFile();

    /** Pilot's namespace. */
    @WithDefault("istio-system")
    String namespace();

    /** Pilot's service account. */
    @WithDefault("pilot")
    String serviceAccount();

    /** Galley's service account, which the MCP port must show. */
    @WithDefault("galley")
    String galleyServiceAccount();

    /** Names in Pilot's certificate. */
    @WithDefault("pilot.istio-system.svc,istiod.istio-system.svc,localhost,127.0.0.1")
    List<String> serverNames();

    /** The life of its certificate. */
    @WithDefault("24h")
    Duration ttl();
  }

  /** The mesh's settings, as in Istio's MeshConfig. */
  interface Mesh {
    /** trustDomain. */
    @WithDefault("cluster.local")
    String trustDomain();

    /** The DNS suffix of Kubernetes services. */
    @WithDefault("cluster.local")
    String domain();

    /** rootNamespace. */
    @WithDefault("istio-system")
    String rootNamespace();

    /** The name of the cluster, as in metrics. */
    @WithDefault("Kubernetes")
    String clusterId();

    /** outboundTrafficPolicy: true for ALLOW_ANY, false for REGISTRY_ONLY. */
    @WithDefault("true")
    boolean allowAny();

    /** accessLogFile; absent: no access log. */
    Optional<String> accessLogFile();

    /** accessLogFormat; absent: Istio's own. */
    Optional<String> accessLogFormat();

    /** Where spans go by OTLP over gRPC, "host:port"; absent: nowhere. */
    Optional<String> otlp();

    /** Per cent of the requests that begin a trace. */
    @WithDefault("1")
    double sampling();

    /** Where intercepted outbound connections arrive. */
    @WithDefault("15001")
    int outboundPort();

    /** Where intercepted inbound connections arrive. */
    @WithDefault("15006")
    int inboundPort();

    /** Where proxies that do not intercept take HTTP proxy requests. */
    @WithDefault("15007")
    int httpProxyPort();

    /** Other trust domains under which the mesh's identities are known. */
    Optional<List<String>> trustDomainAliases();

    /** As the translation wants them. */
    default MeshSettings settings() {
      MeshSettings settings =
          new MeshSettings(
              trustDomain(),
              domain(),
              rootNamespace(),
              clusterId(),
              allowAny(),
              accessLogFile().orElse(""),
              accessLogFormat().orElse(""),
              Optional.empty(),
              sampling(),
              outboundPort(),
              inboundPort(),
              httpProxyPort(),
              trustDomainAliases().orElse(List.of()));
      return otlp()
          .map(where -> settings.withTracing(exporter(where), sampling()))
          .orElse(settings);
    }

    private static MeshSettings.Exporter exporter(String where) {
      int colon = where.lastIndexOf(':');
      if (colon <= 0 || !where.substring(colon + 1).matches("\\d{1,5}")) {
        throw new IllegalArgumentException(
            "flotilla.pilot.mesh.otlp must be 'host:port', but is '" + where + "'");
      }
      return new MeshSettings.Exporter(
          where.substring(0, colon), Integer.parseInt(where.substring(colon + 1)));
    }
  }
}
