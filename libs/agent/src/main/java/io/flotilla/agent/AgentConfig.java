// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.flotilla.agent.dns.DnsSettings;
import io.flotilla.agent.dns.ResolverFile;
import io.flotilla.model.endpoint.Locality;
import io.flotilla.model.node.ProxyNode;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One proxy and what it needs to join the mesh. As JSON, fields that are absent take the defaults
 * named here.
 *
 * @param type "sidecar" or "router"
 * @param name of the pod or workload entry; required
 * @param namespace "default"
 * @param workload the deployment's name, for metrics; {@code name}
 * @param ip the workload's address, on which the proxy binds Istio's ports (15000 on a loopback
 *     address alone); required
 * @param adminAddress where the admin port binds: the dump of the whole configuration is for this
 *     host alone; {@code ip} if that is a loopback address, else 127.0.0.1
 * @param serviceAccount "default"
 * @param labels of the workload; "app" and "version" give the canonical service and revision,
 *     "networking.istio.io/tunnel: http" turns HBONE on
 * @param interception "NONE" (explicit listeners and the HTTP proxy port), "REDIRECT" or "TPROXY"
 * @param appEndpoints inbound port to the application's "host:port"; absent ports: 127.0.0.1
 * @param listen on a router: server port to the "host:port" to bind
 * @param controlPlane where Pilot and Citadel are; required
 * @param dataplane "flotilla" (the engine of this process) or "envoy" (a process that is
 *     supervised)
 * @param envoyBinary the path of Envoy, with dataplane "envoy"
 * @param tracesAddress "host:port" of the collector that spans are sent to by OTLP; absent: nowhere
 * @param stateDir for the snapshot and sockets; required; made with mode 0700
 * @param clusterId "Kubernetes"
 * @param trustDomain "cluster.local"
 * @param certificateTtlSeconds asked of the CA; 86400
 * @param drainSeconds how long requests in flight may take once the proxy stops; 5
 * @param dns the DNS proxy beside the workload; absent: there is none
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record AgentConfig(
    String type,
    String name,
    String namespace,
    String workload,
    String ip,
    String adminAddress,
    String serviceAccount,
    Map<String, String> labels,
    String interception,
    Map<String, String> appEndpoints,
    Map<String, String> listen,
    ControlPlane controlPlane,
    String dataplane,
    @Nullable String envoyBinary,
    @Nullable String tracesAddress,
    Path stateDir,
    String clusterId,
    String trustDomain,
    int certificateTtlSeconds,
    int drainSeconds,
    @Nullable Dns dns) {

  // As Istio's injection labels workloads whose proxies speak HBONE.
  static final String TUNNEL = "networking.istio.io/tunnel";

  private static final int DAY_SECONDS = 86_400;

  public AgentConfig(
      @JsonProperty("type") @Nullable String type,
      @JsonProperty("name") @Nullable String name,
      @JsonProperty("namespace") @Nullable String namespace,
      @JsonProperty("workload") @Nullable String workload,
      @JsonProperty("ip") @Nullable String ip,
      @JsonProperty("adminAddress") @Nullable String adminAddress,
      @JsonProperty("serviceAccount") @Nullable String serviceAccount,
      @JsonProperty("labels") @Nullable Map<String, String> labels,
      @JsonProperty("interception") @Nullable String interception,
      @JsonProperty("appEndpoints") @Nullable Map<String, String> appEndpoints,
      @JsonProperty("listen") @Nullable Map<String, String> listen,
      @JsonProperty("controlPlane") @Nullable ControlPlane controlPlane,
      @JsonProperty("dataplane") @Nullable String dataplane,
      @JsonProperty("envoyBinary") @Nullable String envoyBinary,
      @JsonProperty("tracesAddress") @Nullable String tracesAddress,
      @JsonProperty("stateDir") @Nullable Path stateDir,
      @JsonProperty("clusterId") @Nullable String clusterId,
      @JsonProperty("trustDomain") @Nullable String trustDomain,
      @JsonProperty("certificateTtlSeconds") int certificateTtlSeconds,
      @JsonProperty("drainSeconds") int drainSeconds,
      @JsonProperty("dns") @Nullable Dns dns) {
    this.type = oneOf(or(type, "sidecar"), "type", "sidecar", "router");
    this.name = required(name, "name");
    this.namespace = or(namespace, "default");
    this.workload = or(workload, this.name);
    this.ip = address("ip", required(ip, "ip"));
    this.adminAddress =
        adminAddress == null ? ownLoopback(this.ip) : address("adminAddress", adminAddress);
    this.serviceAccount = or(serviceAccount, "default");
    this.labels = labels == null ? Map.of() : Map.copyOf(labels);
    this.interception =
        oneOf(or(interception, "NONE"), "interception", "NONE", "REDIRECT", "TPROXY");
    this.appEndpoints = appEndpoints == null ? Map.of() : Map.copyOf(appEndpoints);
    this.listen = listen == null ? Map.of() : Map.copyOf(listen);
    this.controlPlane = required(controlPlane, "controlPlane");
    this.dataplane = oneOf(or(dataplane, "flotilla"), "dataplane", "flotilla", "envoy");
    this.envoyBinary = envoyBinary;
    this.tracesAddress = tracesAddress;
    this.stateDir = required(stateDir, "stateDir");
    this.clusterId = or(clusterId, "Kubernetes");
    this.trustDomain = or(trustDomain, "cluster.local");
    this.certificateTtlSeconds = certificateTtlSeconds == 0 ? DAY_SECONDS : certificateTtlSeconds;
    this.drainSeconds = drainSeconds == 0 ? 5 : drainSeconds;
    this.dns = dns;
    if (this.dataplane.equals("envoy") && dns != null) {
      throw new IllegalArgumentException(
          "proxy "
              + this.name
              + ": dns needs dataplane flotilla: an Envoy asks Pilot for no table of names");
    }
    if (this.dataplane.equals("envoy") && envoyBinary == null) {
      throw new IllegalArgumentException(
          "proxy " + this.name + ": dataplane envoy needs envoyBinary, the path of Envoy");
    }
  }

  /**
   * Where Pilot and Citadel are.
   *
   * @param xdsAddress "host:port" of Pilot's ADS
   * @param xdsTls whether that port speaks mTLS (15012) or plaintext (15010)
   * @param caAddress "host:port" of the Istio CA service
   * @param rootFile PEM of the mesh's root, to verify both
   * @param tokenFile the workload's token; read again for each use
   */
  public record ControlPlane(
      String xdsAddress, boolean xdsTls, String caAddress, Path rootFile, Path tokenFile) {}

  /**
   * The DNS proxy beside a workload. As JSON, fields that are absent take the defaults named here.
   *
   * @param address "host:port" where it listens by UDP and TCP; port 15053 of {@code ip}, or with
   *     interception of localhost, by the families of the resolvers
   * @param resolvConf where the machine's resolvers and search domains stand; /etc/resolv.conf
   * @param servers "host:port" of resolvers in the place of those
   * @param search search domains in the place of those
   * @param parallel whether all resolvers are asked at once; false: one after another
   * @param timeoutMillis how long one of them may take; 2000
   * @param maxOutstanding queries that may wait for them at a time; 512
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Dns(
      @Nullable String address,
      @Nullable Path resolvConf,
      @Nullable List<String> servers,
      @Nullable List<String> search,
      boolean parallel,
      int timeoutMillis,
      int maxOutstanding) {
    private static final String PORT = ":15053";
    private static final int TIMEOUT_MILLIS = 2000;
    private static final int OUTSTANDING = 512;

    /** All defaults. */
    public static final Dns DEFAULT = new Dns(null, null, null, null, false, 0, 0);

    /**
     * All that the proxy needs.
     *
     * @throws IOException naming the file of resolvers, if it cannot be read
     * @throws IllegalArgumentException naming the field that is invalid
     */
    DnsSettings settings(AgentConfig of) throws IOException {
      ResolverFile file =
          servers != null && search != null
              ? new ResolverFile(List.of(), List.of())
              : ResolverFile.read(resolvConf == null ? Path.of("/etc/resolv.conf") : resolvConf);
      List<InetSocketAddress> resolvers =
          servers == null
              ? file.servers()
              : servers.stream().map(server -> socket("dns.servers", server)).toList();
      return new DnsSettings(
          addresses(of, resolvers),
          resolvers,
          search == null ? file.search() : search,
          of.namespace(),
          "svc.cluster.local",
          parallel,
          Duration.ofMillis(timeoutMillis == 0 ? TIMEOUT_MILLIS : timeoutMillis),
          maxOutstanding == 0 ? OUTSTANDING : maxOutstanding);
    }

    private List<InetSocketAddress> addresses(AgentConfig of, List<InetSocketAddress> resolvers) {
      String at =
          address != null
              ? address
              : of.interception().equals("NONE") ? bracketed(of.ip()) + PORT : "localhost" + PORT;
      if (!at.startsWith("localhost:")) {
        return List.of(socket("dns.address", at));
      }
      // Where queries of a family are sent, redirected ones of that family arrive.
      String port = at.substring(at.indexOf(':'));
      List<InetSocketAddress> all = new ArrayList<>();
      boolean v6 = resolvers.stream().anyMatch(r -> r.getAddress() instanceof Inet6Address);
      if (!v6 || resolvers.stream().anyMatch(r -> r.getAddress() instanceof Inet4Address)) {
        all.add(socket("dns.address", "127.0.0.1" + port));
      }
      if (v6) {
        all.add(socket("dns.address", "[::1]" + port));
      }
      return all;
    }

    private static String bracketed(String ip) {
      return ip.indexOf(':') < 0 ? ip : "[" + ip + "]";
    }

    private static InetSocketAddress socket(String field, String text) {
      int colon = text.lastIndexOf(':');
      try {
        String host = text.substring(0, Math.max(0, colon));
        return new InetSocketAddress(
            InetAddress.ofLiteral(
                host.startsWith("[") && host.endsWith("]")
                    ? host.substring(1, host.length() - 1)
                    : host),
            Integer.parseInt(text.substring(colon + 1)));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            field + " must be an IP address with a port, but is '" + text + "'", e);
      }
    }
  }

  /** The node as Pilot is told. */
  public ProxyNode node(String userAgent, Set<String> extensions) {
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("NAME", name);
    metadata.put("NAMESPACE", namespace);
    metadata.put("WORKLOAD_NAME", workload);
    metadata.put("SERVICE_ACCOUNT", serviceAccount);
    metadata.put("INSTANCE_IPS", ip);
    metadata.put("INTERCEPTION_MODE", interception);
    metadata.put("CLUSTER_ID", clusterId);
    metadata.put("MESH_ID", trustDomain);
    metadata.put("ISTIO_VERSION", "1.30.3");
    Map<String, String> all = new LinkedHashMap<>(labels);
    all.putIfAbsent("security.istio.io/tlsMode", "istio");
    all.putIfAbsent("service.istio.io/canonical-name", canonicalService());
    all.putIfAbsent("service.istio.io/canonical-revision", canonicalRevision());
    metadata.put("LABELS", Map.copyOf(all));
    if (dns != null) {
      metadata.put("DNS_CAPTURE", "true");
      metadata.put("DNS_AUTO_ALLOCATE", "true");
    }
    if ("http".equals(labels.get(TUNNEL))) {
      metadata.put("ENABLE_HBONE", "true");
    }
    if (!appEndpoints.isEmpty()) {
      metadata.put("FLOTILLA_APP_ENDPOINTS", appEndpoints);
    }
    if (!listen.isEmpty()) {
      metadata.put("FLOTILLA_LISTEN", listen);
    }
    return ProxyNode.parse(
        type + "~" + ip + "~" + name + "." + namespace + "~" + namespace + ".svc.cluster.local",
        canonicalService() + "." + namespace,
        Locality.NONE,
        userAgent,
        metadata,
        extensions);
  }

  /** As Istio derives it: the label of that name, else "app", else the workload. */
  public String canonicalService() {
    String label = labels.get("service.istio.io/canonical-name");
    return label != null ? label : labels.getOrDefault("app", workload);
  }

  /** As Istio derives it: the label of that name, else "version", else "latest". */
  public String canonicalRevision() {
    String label = labels.get("service.istio.io/canonical-revision");
    return label != null ? label : labels.getOrDefault("version", "latest");
  }

  /** How long a certificate is asked for. */
  public Duration certificateTtl() {
    return Duration.ofSeconds(certificateTtlSeconds);
  }

  /** The identity that Citadel is asked for, "spiffe://trust-domain/ns/x/sa/y". */
  public String spiffeId() {
    return "spiffe://" + trustDomain + "/ns/" + namespace + "/sa/" + serviceAccount;
  }

  private static String or(@Nullable String value, String otherwise) {
    return value == null || value.isEmpty() ? otherwise : value;
  }

  private static <T> T required(@Nullable T value, String field) {
    if (value == null) {
      throw new IllegalArgumentException("a proxy's configuration needs '" + field + "'");
    }
    return value;
  }

  private static String oneOf(String value, String field, String... allowed) {
    if (!Set.of(allowed).contains(value)) {
      throw new IllegalArgumentException(
          field + " must be one of " + String.join(", ", allowed) + ", but is '" + value + "'");
    }
    return value;
  }

  private static String ownLoopback(String ip) {
    return InetAddress.ofLiteral(ip).isLoopbackAddress() ? ip : "127.0.0.1";
  }

  private static String address(String field, String ip) {
    try {
      return InetAddress.ofLiteral(ip).getHostAddress();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(field + " must be an IP address, but is '" + ip + "'", e);
    }
  }
}
