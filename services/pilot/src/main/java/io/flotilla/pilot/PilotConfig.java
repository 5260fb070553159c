// SPDX-License-Identifier: Apache-2.0
package io.flotilla.pilot;

import io.flotilla.model.listener.PathNormalization;
import io.flotilla.model.policy.ExternalAuthorization;
import io.flotilla.translate.MeshSettings;
import io.flotilla.translate.policy.AuthorizationProvider;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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

    /** extensionProviders: whom policies with the action CUSTOM may ask. */
    List<ExtensionProvider> extensionProviders();

    /** Istio's pathNormalization: what becomes of a path before anything is decided by it. */
    @WithDefault("BASE")
    Normalization pathNormalization();

    /** The kinds of it, as Istio's MeshConfig names them. */
    enum Normalization {
      NONE,
      BASE,
      MERGE_SLASHES,
      DECODE_AND_MERGE_SLASHES
    }

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
              trustDomainAliases().orElse(List.of()),
              Map.of(),
              switch (pathNormalization()) {
                case NONE -> PathNormalization.NONE;
                case BASE -> PathNormalization.BASE;
                case MERGE_SLASHES -> PathNormalization.MERGE_SLASHES;
                case DECODE_AND_MERGE_SLASHES -> PathNormalization.DECODE_AND_MERGE_SLASHES;
              });
      return otlp()
          .map(where -> settings.withTracing(exporter(where), sampling()))
          .orElse(settings)
          .withAuthorizationProviders(
              extensionProviders().stream().map(ExtensionProvider::translated).toList());
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

  /** One of MeshConfig.extensionProviders; exactly one of its kinds is there. */
  interface ExtensionProvider {
    /** What policies call it. */
    String name();

    /** envoyExtAuthzGrpc. */
    Optional<ExtAuthz> envoyExtAuthzGrpc();

    /** envoyExtAuthzHttp. */
    Optional<ExtAuthzHttp> envoyExtAuthzHttp();

    /** As the translation wants it. */
    default AuthorizationProvider translated() {
      if (envoyExtAuthzGrpc().isPresent() == envoyExtAuthzHttp().isPresent()) {
        throw new IllegalArgumentException(
            "extension provider "
                + name()
                + " must have either envoy-ext-authz-grpc or envoy-ext-authz-http");
      }
      ExtAuthz any = envoyExtAuthzGrpc().orElseGet(() -> envoyExtAuthzHttp().orElseThrow());
      return new AuthorizationProvider(
          name(),
          any.service(),
          any.port(),
          any.timeout().orElse(AuthorizationProvider.DEFAULT_TIMEOUT),
          any.failOpen(),
          any.clearRouteCache(),
          any.statusOnError(),
          any.includeRequestBodyInCheck()
              .map(
                  b ->
                      new ExternalAuthorization.Body(
                          b.maxRequestBytes(), b.allowPartialMessage(), b.packAsBytes())),
          envoyExtAuthzHttp()
              .map(
                  h ->
                      new AuthorizationProvider.Http(
                          h.pathPrefix().orElse(""),
                          h.includeRequestHeadersInCheck().orElse(List.of()),
                          h.includeAdditionalHeadersInCheck(),
                          h.headersToUpstreamOnAllow().orElse(List.of()),
                          h.headersToDownstreamOnAllow().orElse(List.of()),
                          h.headersToDownstreamOnDeny().orElse(List.of()))));
    }
  }

  /** What both kinds of authorization services have. */
  interface ExtAuthz {
    /** "ext-authz.default.svc.cluster.local". */
    String service();

    /** Of the service. */
    int port();

    /** Absent: ten minutes. */
    Optional<Duration> timeout();

    /** Whether requests pass when it cannot be asked. */
    @WithDefault("false")
    boolean failOpen();

    /** Whether routes are chosen anew after what it changed. */
    @WithDefault("false")
    boolean clearRouteCache();

    /** The client's answer when it cannot be asked. */
    @WithDefault("403")
    int statusOnError();

    /** Absent: nothing of the body. */
    Optional<RequestBody> includeRequestBodyInCheck();
  }

  /** What is asked by HTTP. */
  interface ExtAuthzHttp extends ExtAuthz {
    /** Before the client's path. */
    Optional<String> pathPrefix();

    /** Of the client's headers, those that it is told. */
    Optional<List<String>> includeRequestHeadersInCheck();

    /** What it is told besides. */
    Map<String, String> includeAdditionalHeadersInCheck();

    /** Of its headers, those that the upstream sees. */
    Optional<List<String>> headersToUpstreamOnAllow();

    /** Those that the client sees with its upstream's answer. */
    Optional<List<String>> headersToDownstreamOnAllow();

    /** Those that a refused client sees; absent: all. */
    Optional<List<String>> headersToDownstreamOnDeny();
  }

  /** How much of a body an authorization service is told. */
  interface RequestBody {
    /** At most. */
    int maxRequestBytes();

    /** Whether a longer one is told in part. */
    @WithDefault("false")
    boolean allowPartialMessage();

    /** Whether it is told as bytes. */
    @WithDefault("false")
    boolean packAsBytes();
  }
}
