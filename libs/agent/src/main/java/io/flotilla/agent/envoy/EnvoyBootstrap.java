// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent.envoy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.agent.AgentConfig;
import io.flotilla.model.node.ProxyNode;
import java.nio.file.Path;
import java.util.Set;

/**
 * The bootstrap that Envoy starts from (Envoy: config.bootstrap.v3.Bootstrap, as JSON): delta ADS
 * to Pilot, SDS at the agent's socket, the Prometheus and readiness listeners on Istio's ports.
 */
public final class EnvoyBootstrap {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TLS =
      "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";
  private static final String HTTP_OPTIONS =
      "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

  private EnvoyBootstrap() {}

  /** The JSON text. {@code sdsSocket} is where the agent serves SDS. */
  public static String of(AgentConfig config, Path sdsSocket) {
    ObjectNode root = JSON.createObjectNode();
    ProxyNode node = config.node("envoy", Set.of());
    ObjectNode nodeJson = root.putObject("node");
    nodeJson.put("id", node.id());
    nodeJson.put("cluster", node.cluster());
    nodeJson.set("metadata", JSON.valueToTree(node.metadata()));

    ObjectNode admin = root.putObject("admin");
    admin.set("address", socketAddress(config.adminAddress(), 15000));

    ObjectNode dynamic = root.putObject("dynamic_resources");
    ObjectNode ads = dynamic.putObject("ads_config");
    ads.put("api_type", "DELTA_GRPC");
    ads.put("transport_api_version", "V3");
    ads.put("set_node_on_first_message_only", true);
    ads.putArray("grpc_services")
        .addObject()
        .putObject("envoy_grpc")
        .put("cluster_name", "xds-grpc");
    for (String type : new String[] {"cds_config", "lds_config"}) {
      ObjectNode source = dynamic.putObject(type);
      source.putObject("ads");
      source.put("resource_api_version", "V3");
      source.put("initial_fetch_timeout", "0s");
    }

    ObjectNode fixed = root.putObject("static_resources");
    ArrayNode clusters = fixed.putArray("clusters");
    clusters.add(pilot(config, sdsSocket));
    clusters.add(pipeCluster("sds-grpc", sdsSocket));
    clusters.add(adminCluster(config));
    ArrayNode listeners = fixed.putArray("listeners");
    listeners.add(adminListener(config, "prometheus_stats", 15090, "/stats/prometheus"));
    listeners.add(adminListener(config, "merged_stats", 15020, "/stats/prometheus"));
    listeners.add(adminListener(config, "health", 15021, "/healthz/ready"));
    return root.toPrettyString();
  }

  private static ObjectNode pilot(AgentConfig config, Path sdsSocket) {
    String[] address = config.controlPlane().xdsAddress().split(":");
    ObjectNode cluster =
        cluster("xds-grpc", socketAddress(address[0], Integer.parseInt(address[1])));
    cluster.put("connect_timeout", "2s");
    http2(cluster);
    ObjectNode keepalive =
        cluster.putObject("upstream_connection_options").putObject("tcp_keepalive");
    keepalive.put("keepalive_time", 300);
    if (config.controlPlane().xdsTls()) {
      ObjectNode socket = cluster.putObject("transport_socket");
      socket.put("name", "envoy.transport_sockets.tls");
      ObjectNode tls = socket.putObject("typed_config");
      tls.put("@type", TLS);
      tls.put("sni", "istiod.istio-system.svc");
      ObjectNode common = tls.putObject("common_tls_context");
      common.putArray("alpn_protocols").add("h2");
      ObjectNode certificate = common.putArray("tls_certificate_sds_secret_configs").addObject();
      certificate.put("name", "default");
      certificate.set("sds_config", sds());
      ObjectNode combined = common.putObject("combined_validation_context");
      combined.putObject("default_validation_context");
      ObjectNode validation = combined.putObject("validation_context_sds_secret_config");
      validation.put("name", "ROOTCA");
      validation.set("sds_config", sds());
    }
    return cluster;
  }

  private static ObjectNode sds() {
    ObjectNode source = JSON.createObjectNode();
    ObjectNode api = source.putObject("api_config_source");
    api.put("api_type", "GRPC");
    api.put("transport_api_version", "V3");
    api.put("set_node_on_first_message_only", true);
    api.putArray("grpc_services")
        .addObject()
        .putObject("envoy_grpc")
        .put("cluster_name", "sds-grpc");
    source.put("resource_api_version", "V3");
    source.put("initial_fetch_timeout", "0s");
    return source;
  }

  private static ObjectNode pipeCluster(String name, Path path) {
    ObjectNode address = JSON.createObjectNode();
    address.putObject("pipe").put("path", path.toString());
    ObjectNode cluster = cluster(name, address);
    cluster.put("connect_timeout", "1s");
    http2(cluster);
    return cluster;
  }

  private static ObjectNode adminCluster(AgentConfig config) {
    ObjectNode cluster = cluster("agent-admin", socketAddress(config.adminAddress(), 15000));
    cluster.put("connect_timeout", "1s");
    return cluster;
  }

  private static ObjectNode cluster(String name, ObjectNode address) {
    ObjectNode cluster = JSON.createObjectNode();
    cluster.put("name", name);
    cluster.put("type", "STATIC");
    ObjectNode assignment = cluster.putObject("load_assignment");
    assignment.put("cluster_name", name);
    assignment
        .putArray("endpoints")
        .addObject()
        .putArray("lb_endpoints")
        .addObject()
        .putObject("endpoint")
        .set("address", address);
    return cluster;
  }

  private static void http2(ObjectNode cluster) {
    ObjectNode options = cluster.putObject("typed_extension_protocol_options").putObject(HTTP_NAME);
    options.put("@type", HTTP_OPTIONS);
    options.putObject("explicit_http_config").putObject("http2_protocol_options");
  }

  private static final String HTTP_NAME = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

  private static ObjectNode adminListener(AgentConfig config, String name, int port, String path) {
    ObjectNode listener = JSON.createObjectNode();
    listener.put("name", name);
    listener.set("address", socketAddress(config.ip(), port));
    ObjectNode filter =
        listener.putArray("filter_chains").addObject().putArray("filters").addObject();
    filter.put("name", "envoy.filters.network.http_connection_manager");
    ObjectNode manager = filter.putObject("typed_config");
    manager.put(
        "@type",
        "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager");
    manager.put("stat_prefix", name);
    ObjectNode host = manager.putObject("route_config").putArray("virtual_hosts").addObject();
    host.put("name", name);
    host.putArray("domains").add("*");
    ObjectNode route = host.putArray("routes").addObject();
    route.putObject("match").put("path", path);
    ObjectNode action = route.putObject("route");
    action.put("cluster", "agent-admin");
    if (path.equals("/healthz/ready")) {
      action.put("prefix_rewrite", "/ready");
    }
    ObjectNode router = manager.putArray("http_filters").addObject();
    router.put("name", "envoy.filters.http.router");
    router
        .putObject("typed_config")
        .put("@type", "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router");
    return listener;
  }

  private static ObjectNode socketAddress(String host, int port) {
    ObjectNode address = JSON.createObjectNode();
    ObjectNode socket = address.putObject("socket_address");
    socket.put("address", host);
    socket.put("port_value", port);
    return address;
  }
}
