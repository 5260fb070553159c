// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.Discovery;
import io.flotilla.model.cluster.TransportMatch;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.FilterChainMatch;
import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.HttpConnectionManager.RouteSource;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.listener.TcpProxy;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.snapshot.ProxySnapshot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A proxy's configuration reduced to lines of text that are equal where the meaning is, from
 * Envoy's JSON on the one side and from the model on the other.
 */
final class Outline {
  private Outline() {}

  // Envoy's JSON

  static TreeMap<String, String> listeners(JsonNode all) {
    TreeMap<String, String> out = new TreeMap<>();
    for (JsonNode l : all) {
      List<String> chains = new ArrayList<>();
      l.path("filterChains").forEach(c -> chains.add(chain(c)));
      chains.sort(Comparator.naturalOrder());
      JsonNode address = l.path("address").path("socketAddress");
      List<String> inspectors = new ArrayList<>();
      l.path("listenerFilters")
          .forEach(
              f -> inspectors.add(f.path("name").asText().replace("envoy.filters.listener.", "")));
      inspectors.sort(Comparator.naturalOrder());
      out.put(
          l.path("name").asText(),
          address.path("address").asText()
              + ":"
              + address.path("portValue").asInt()
              + " bound="
              + l.path("bindToPort").asBoolean(true)
              + " "
              + l.path("trafficDirection").asText()
              + " "
              + inspectors
              + "\n  "
              + String.join("\n  ", chains)
              + (l.has("defaultFilterChain")
                  ? "\n  default " + chain(l.get("defaultFilterChain"))
                  : "")
              + "\n");
    }
    return out;
  }

  private static String chain(JsonNode c) {
    JsonNode match = c.path("filterChainMatch");
    JsonNode last = c.path("filters").get(c.path("filters").size() - 1).path("typedConfig");
    String target;
    if (last.path("@type").asText().endsWith("TcpProxy")) {
      target = "tcp " + choice(last);
    } else if (last.has("rds")) {
      target = "http rds " + last.path("rds").path("routeConfigName").asText();
    } else {
      target = "http " + routes(last.path("routeConfig"));
    }
    JsonNode tls = c.path("transportSocket").path("typedConfig");
    List<String> filters = new ArrayList<>();
    last.path("httpFilters").forEach(f -> filters.add(f.path("name").asText()));
    return match(
            match.path("destinationPort").asInt(0),
            texts(match.path("serverNames")),
            match.path("transportProtocol").asText(),
            texts(match.path("applicationProtocols")),
            prefixes(match.path("prefixRanges")))
        + (tls.isMissingNode() ? "" : " " + tls(tls))
        + " -> "
        + target;
  }

  private static String tls(JsonNode tls) {
    JsonNode common = tls.path("commonTlsContext");
    JsonNode validation = common.path("combinedValidationContext");
    List<String> names = new ArrayList<>();
    validation
        .path("defaultValidationContext")
        .path("matchSubjectAltNames")
        .forEach(n -> names.add(n.toString().replaceAll("[{}\"]", "")));
    return "tls["
        + common.path("tlsCertificateSdsSecretConfigs").path(0).path("name").asText()
        + " "
        + validation.path("validationContextSdsSecretConfig").path("name").asText()
        + " "
        + names
        + " alpn="
        + texts(common.path("alpnProtocols"))
        + " sni="
        + tls.path("sni").asText()
        + " client="
        + tls.path("requireClientCertificate").asBoolean(false)
        + "]";
  }

  private static List<String> texts(JsonNode array) {
    List<String> out = new ArrayList<>();
    array.forEach(n -> out.add(n.asText()));
    return out;
  }

  private static List<String> prefixes(JsonNode array) {
    List<String> out = new ArrayList<>();
    array.forEach(
        n -> out.add(n.path("addressPrefix").asText() + "/" + n.path("prefixLen").asInt()));
    return out;
  }

  private static String choice(JsonNode action) {
    if (action.has("weightedClusters")) {
      List<String> out = new ArrayList<>();
      action
          .path("weightedClusters")
          .path("clusters")
          .forEach(c -> out.add(c.path("name").asText() + "=" + c.path("weight").asInt()));
      return out.toString();
    }
    return action.path("cluster").asText();
  }

  static String routes(JsonNode r) {
    StringBuilder out = new StringBuilder(r.path("name").asText());
    r.path("virtualHosts")
        .forEach(
            h -> {
              out.append("\n    ").append(h.path("name").asText());
              out.append(' ').append(texts(h.path("domains")));
              h.path("routes").forEach(x -> out.append("\n      ").append(route(x)));
            });
    return out.toString();
  }

  private static String route(JsonNode x) {
    JsonNode match = x.path("match");
    String path =
        match.has("path")
            ? "=" + match.get("path").asText()
            : match.has("safeRegex")
                ? "~" + match.path("safeRegex").path("regex").asText()
                : match.has("pathSeparatedPrefix")
                    ? match.path("pathSeparatedPrefix").asText() + "/*"
                    : match.path("prefix").asText() + "*";
    List<String> headers = new ArrayList<>();
    match.path("headers").forEach(h -> headers.add(h.path("name").asText()));
    JsonNode action = x.path("route");
    String target =
        x.has("redirect")
            ? "redirect"
            : x.has("directResponse")
                ? "answer " + x.path("directResponse").path("status").asInt()
                : choice(action)
                    + " timeout="
                    + action.path("timeout").asText("?")
                    + " retries="
                    + action.path("retryPolicy").path("numRetries").asInt(0)
                    + shuns(
                        action
                            .path("retryPolicy")
                            .path("retryPriority")
                            .path("typedConfig")
                            .path("updateFrequency")
                            .asInt(0));
    JsonNode fault = x.path("typedPerFilterConfig").path("envoy.filters.http.fault");
    return path
        + headers
        + " -> "
        + target
        + (fault.isMissingNode()
            ? ""
            : " fault="
                + fault.path("delay").path("fixedDelay").asText("")
                + "/"
                + fault.path("abort").path("httpStatus").asText(""))
        + " op="
        + x.path("decorator").path("operation").asText();
  }

  static TreeMap<String, String> clusters(JsonNode all) {
    TreeMap<String, String> out = new TreeMap<>();
    for (JsonNode c : all) {
      List<String> transports = new ArrayList<>();
      c.path("transportSocketMatches")
          .forEach(
              m ->
                  transports.add(
                      m.path("match").toString().replaceAll("[{}\"]", "")
                          + (m.path("transportSocket").path("name").asText().endsWith("tls")
                              ? tls(m.path("transportSocket").path("typedConfig"))
                              : "plain")));
      JsonNode socket = c.path("transportSocket");
      String header = "";
      if (socket.path("name").asText().endsWith(".upstream_proxy_protocol")) {
        JsonNode outer = socket.path("typedConfig");
        header = " behind PROXY " + outer.path("config").path("version").asText("V1");
        socket = outer.path("transportSocket");
      }
      if (socket.path("name").asText().endsWith(".tls")) {
        transports.add(tls(socket.path("typedConfig")) + header);
      } else if (!header.isEmpty()) {
        transports.add("plain" + header);
      }
      out.put(
          c.path("name").asText(),
          c.path("type").asText()
              + " "
              + c.path("lbPolicy").asText("")
              + slowStart(c.path("leastRequestLbConfig").path("slowStartConfig"))
              + slowStart(c.path("roundRobinLbConfig").path("slowStartConfig"))
              + " "
              + c.path("edsClusterConfig").path("serviceName").asText("")
              + " "
              + transports);
    }
    return out;
  }

  private static String shuns(int after) {
    return after == 0 ? "" : " shuns priorities after " + after;
  }

  private static String slowStart(JsonNode told) {
    return told.isMissingNode()
        ? ""
        : " slow "
            + told.path("slowStartWindow").asText()
            + " "
            + told.path("aggression").path("defaultValue").asDouble(1)
            + " "
            + told.path("minWeightPercent").path("value").asDouble(10);
  }

  private static String slowStart(
      Optional<io.flotilla.model.cluster.LoadBalancing.SlowStart> told) {
    return told.map(
            s -> " slow " + s.window().toSeconds() + "s " + s.aggression() + " " + s.leastPercent())
        .orElse("");
  }

  static TreeMap<String, String> endpoints(JsonNode all) {
    TreeMap<String, String> out = new TreeMap<>();
    for (JsonNode e : all) {
      List<String> lines = new ArrayList<>();
      e.path("endpoints")
          .forEach(
              l ->
                  l.path("lbEndpoints")
                      .forEach(
                          x -> {
                            JsonNode a = x.path("endpoint").path("address").path("socketAddress");
                            JsonNode filters = x.path("metadata").path("filterMetadata");
                            lines.add(
                                a.path("address").asText()
                                    + ":"
                                    + a.path("portValue").asInt()
                                    + " "
                                    + filters
                                        .path("envoy.transport_socket_match")
                                        .path("tlsMode")
                                        .asText("")
                                    + " "
                                    + l.path("locality").path("zone").asText()
                                    + " "
                                    + filters.path("istio").path("workload").asText());
                          }));
      lines.sort(Comparator.naturalOrder());
      // istiod repeats endpoints for each address of a ServiceEntry, which changes no share.
      out.put(e.path("clusterName").asText(), lines.stream().distinct().toList().toString());
    }
    return out;
  }

  // The model

  static TreeMap<String, String> listeners(ProxySnapshot snapshot) {
    TreeMap<String, String> out = new TreeMap<>();
    for (Listener l : snapshot.listeners().values()) {
      List<String> chains = new ArrayList<>(l.filterChains().stream().map(Outline::chain).toList());
      chains.sort(Comparator.naturalOrder());
      List<String> inspectors =
          l.inspectors().stream()
              .map(
                  i ->
                      switch (i) {
                        case ORIGINAL_DESTINATION -> "original_dst";
                        case TLS -> "tls_inspector";
                        case HTTP -> "http_inspector";
                        case PROXY_PROTOCOL -> "proxy_protocol";
                      })
              .sorted()
              .toList();
      out.put(
          l.name(),
          l.address()
              + " bound="
              + l.bindToPort()
              + " "
              + l.direction()
              + " "
              + inspectors
              + "\n  "
              + String.join("\n  ", chains)
              + l.defaultFilterChain().map(c -> "\n  default " + chain(c)).orElse("")
              + "\n");
    }
    return out;
  }

  private static String match(
      int port, List<String> names, String transport, List<String> alpn, List<String> prefixes) {
    return (port == 0 ? "" : "port=" + port + " ") + names + transport + alpn + prefixes;
  }

  private static String chain(FilterChain c) {
    FilterChainMatch m = c.match();
    String target =
        switch (c.terminal()) {
          case TcpProxy tcp -> "tcp " + choice(tcp.cluster());
          case HttpConnectionManager http ->
              switch (http.routes()) {
                case RouteSource.Rds(String name) -> "http rds " + name;
                case RouteSource.Inline(RouteConfiguration r) -> "http " + routes(r);
              };
        };
    return match(
            m.destinationPort().orElse(0),
            m.serverNames(),
            m.transportProtocol(),
            m.applicationProtocols(),
            m.destinations().stream().map(Object::toString).toList())
        + c.tls().map(t -> " " + tls(t.common(), "", t.requireClientCertificate())).orElse("")
        + " -> "
        + target;
  }

  private static String tls(io.flotilla.model.tls.TlsContext t, String sni, boolean client) {
    String certificate =
        t.certificate()
            .map(
                c ->
                    switch (c) {
                      case io.flotilla.model.tls.CertificateRef.Sds(String name) -> name;
                      case io.flotilla.model.tls.CertificateRef.Files(String chain, String key) ->
                          "file-cert:" + chain + "~" + key;
                    })
            .orElse("");
    String trust =
        t.validation()
            .map(
                v ->
                    switch (v.trust()) {
                      case io.flotilla.model.tls.TrustRef.Sds(String name) -> name;
                      case io.flotilla.model.tls.TrustRef.File(String path) -> "file-root:" + path;
                      case io.flotilla.model.tls.TrustRef.System s -> "file-root:system";
                      case io.flotilla.model.tls.TrustRef.Inline i -> "inline";
                      case io.flotilla.model.tls.TrustRef.AcceptAny a -> "any";
                    })
            .orElse("");
    List<String> names =
        t.validation()
            .map(v -> v.subjectAltNames().stream().map(Outline::name).toList())
            .orElse(List.of());
    return "tls["
        + certificate
        + " "
        + trust
        + " "
        + names
        + " alpn="
        + t.alpn()
        + " sni="
        + sni
        + " client="
        + client
        + "]";
  }

  private static String name(StringMatch m) {
    return switch (m) {
      case StringMatch.Exact e -> "exact:" + e.value();
      case StringMatch.Prefix p -> "prefix:" + p.value();
      default -> m.toString();
    };
  }

  private static String choice(ClusterChoice choice) {
    return switch (choice) {
      case ClusterChoice.Single(String name) -> name;
      case ClusterChoice.Weighted w ->
          w.targets().stream().map(t -> t.name() + "=" + t.weight()).toList().toString();
      case ClusterChoice.FromHeader(String header) -> "header " + header;
    };
  }

  static String routes(RouteConfiguration r) {
    StringBuilder out = new StringBuilder(r.name());
    r.virtualHosts()
        .forEach(
            h -> {
              out.append("\n    ").append(h.name()).append(' ').append(h.domains());
              h.routes().forEach(x -> out.append("\n      ").append(route(x)));
            });
    return out.toString();
  }

  private static String route(Route x) {
    String path =
        switch (x.match().path()) {
          case PathMatch.Exact(String exact) -> "=" + exact;
          case PathMatch.Prefix(String prefix) -> prefix + "*";
          case PathMatch.Regex(String regex) -> "~" + regex;
          case PathMatch.Connect() -> "CONNECT";
          case PathMatch.PathSeparatedPrefix(String prefix) -> prefix + "/*";
        };
    String target =
        switch (x.action()) {
          case RouteAction.Redirect r -> "redirect";
          case RouteAction.DirectResponse d -> "answer " + d.status();
          case RouteAction.NonForwarding n -> "none";
          case RouteAction.Forward f ->
              choice(f.cluster())
                  + " timeout="
                  + f.timeout().map(t -> t.toSeconds() + "s").orElse("?")
                  + " retries="
                  + f.retryPolicy().map(p -> p.maxRetries()).orElse(0)
                  + shuns(f.retryPolicy().map(p -> p.details().shunPriorities()).orElse(0));
        };
    return path
        + x.match().headers().stream().map(h -> h.name()).toList()
        + " -> "
        + target
        + x.fault()
            .map(
                f ->
                    " fault="
                        + f.delay().map(d -> d.duration().toSeconds() + "s").orElse("")
                        + "/"
                        + f.abort()
                            .filter(a -> a.grpcStatus().isEmpty())
                            .map(a -> "" + a.httpStatus())
                            .orElse(""))
            .orElse("")
        + " op="
        + x.tracingOperation();
  }

  static TreeMap<String, String> clusters(ProxySnapshot snapshot) {
    TreeMap<String, String> out = new TreeMap<>();
    for (Cluster c : snapshot.clusters().values()) {
      String type =
          switch (c.discovery()) {
            case Discovery.Eds e -> "EDS";
            case Discovery.Static s -> "STATIC";
            case Discovery.StrictDns s -> "STRICT_DNS";
            case Discovery.LogicalDns s -> "LOGICAL_DNS";
            case Discovery.OriginalDestination o -> "ORIGINAL_DST";
          };
      String balancing =
          switch (c.loadBalancing()) {
            case io.flotilla.model.cluster.LoadBalancing.RoundRobin r -> slowStart(r.slowStart());
            case io.flotilla.model.cluster.LoadBalancing.LeastRequest r ->
                "LEAST_REQUEST" + slowStart(r.slowStart());
            case io.flotilla.model.cluster.LoadBalancing.Random r -> "RANDOM";
            case io.flotilla.model.cluster.LoadBalancing.RingHash r -> "RING_HASH";
            case io.flotilla.model.cluster.LoadBalancing.Maglev r -> "MAGLEV";
            case io.flotilla.model.cluster.LoadBalancing.ClusterProvided r -> "CLUSTER_PROVIDED";
          };
      String eds = c.discovery() instanceof Discovery.Eds(String name) ? name : "";
      out.put(
          c.name(),
          type
              + " "
              + (c.name().equals("BlackHoleCluster") ? "" : balancing)
              + " "
              + eds
              + " "
              + c.transports().stream().map(Outline::transport).toList());
    }
    return out;
  }

  private static String transport(TransportMatch m) {
    String tags = m.endpointTags().toString().replaceAll("[{}]", "").replace('=', ':');
    Optional<String> tls = m.tls().map(t -> tls(t.common(), t.sni(), false));
    return tags + tls.orElse("plain") + m.proxyHeader().map(h -> " behind PROXY " + h).orElse("");
  }

  static TreeMap<String, String> endpoints(ProxySnapshot snapshot) {
    TreeMap<String, String> out = new TreeMap<>();
    for (ClusterLoadAssignment a : snapshot.endpoints().values()) {
      List<String> lines = new ArrayList<>();
      a.localities()
          .forEach(
              l ->
                  l.endpoints()
                      .forEach(
                          e ->
                              lines.add(
                                  (e.address() instanceof SocketAddress s
                                          ? s.toString()
                                          : e.address().toString())
                                      + " "
                                      + e.transportTags().getOrDefault("tlsMode", "")
                                      + " "
                                      + l.locality().zone()
                                      + " "
                                      + e.workload()
                                          .map(
                                              w ->
                                                  String.join(
                                                      ";",
                                                      w.name(),
                                                      w.namespace(),
                                                      w.canonicalService(),
                                                      w.canonicalRevision(),
                                                      w.cluster()))
                                          .orElse(""))));
      lines.sort(Comparator.naturalOrder());
      out.put(a.clusterName(), lines.toString());
    }
    return out;
  }
}
