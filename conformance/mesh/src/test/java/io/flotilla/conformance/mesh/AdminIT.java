// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.mesh;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A proxy's admin port: the same questions to our engine and to an Envoy in its place. */
@ExtendWith(SharedMesh.class)
class AdminIT {
  private static final int GATEWAY = 100;
  private static final String DETAILS = "outbound|9080||details.default.svc.cluster.local";

  private final HttpClient client = HttpClient.newHttpClient();

  @Test
  void dumpsTheConfigurationInForce(RunningMesh mesh) throws Exception {
    JsonNode dump = json(mesh, "/config_dump?include_eds");

    assertThat(types(dump))
        .contains("Bootstrap", "Clusters", "Endpoints", "Listeners", "Routes", "Secrets");
    assertThat(names(dump, "ClustersConfigDump", "dynamic_active_clusters", "/cluster/name"))
        .contains(DETAILS);
    assertThat(
            names(
                dump,
                "EndpointsConfigDump",
                "dynamic_endpoint_configs",
                "/endpoint_config/cluster_name"))
        .contains(DETAILS);
    assertThat(names(dump, "RoutesConfigDump", "dynamic_route_configs", "/route_config/name"))
        .anyMatch(name -> name.startsWith("http."));
    assertThat(
            names(
                dump,
                "ListenersConfigDump",
                "dynamic_listeners",
                "/active_state/listener/traffic_direction"))
        .contains("OUTBOUND");
    assertThat(names(dump, "SecretsConfigDump", "dynamic_active_secrets", "/name"))
        .contains("default");
    assertThat(dump.toString()).doesNotContain("PRIVATE KEY").doesNotContain("error_state");
  }

  @Test
  void dumpsTheFieldsThatAreAskedFor(RunningMesh mesh) throws Exception {
    JsonNode dump = json(mesh, "/config_dump?resource=dynamic_active_clusters&mask=cluster.name");

    List<JsonNode> clusters = new ArrayList<>();
    dump.get("configs").forEach(clusters::add);
    assertThat(clusters)
        .isNotEmpty()
        .allSatisfy(
            cluster -> {
              assertThat(cluster.at("/cluster/name").asText()).isNotEmpty();
              assertThat(cluster.has("version_info")).isFalse();
            });
    assertThat(get(mesh, "/config_dump?resource=nothing").statusCode()).isEqualTo(404);
  }

  @Test
  void tellsAndResetsStatistics(RunningMesh mesh) throws Exception {
    String served = "http\\.outbound_.*downstream_rq_total|cluster.outbound.*upstream_rq_total";
    String page = "/stats?usedonly&format=json&filter=" + URLEncoder.encode(served, UTF_8);
    Traffic.anonymous(mesh).get(Traffic.PAGE);

    assertThat(values(json(mesh, page)))
        .isNotEmpty()
        .allSatisfy((name, value) -> assertThat(value).isPositive());
    assertThat(get(mesh, "/stats?filter=server.live").body()).isEqualTo("server.live: 1\n");
    assertThat(get(mesh, "/stats?filter=(").statusCode()).isEqualTo(400);
    assertThat(json(mesh, "/server_info").path("state").asText()).isEqualTo("LIVE");

    assertThat(get(mesh, "/reset_counters").statusCode()).isEqualTo(405);
    assertThat(post(mesh, "/reset_counters").body()).isEqualTo("OK\n");
    // Envoy goes on showing what was used before.
    assertThat(values(json(mesh, page)).values()).allSatisfy(value -> assertThat(value).isZero());
  }

  private static Map<String, Long> values(JsonNode page) {
    Map<String, Long> values = new TreeMap<>();
    page.path("stats")
        .forEach(each -> values.put(each.path("name").asText(), each.path("value").asLong()));
    return values;
  }

  private static List<String> types(JsonNode dump) {
    List<String> types = new ArrayList<>();
    dump.get("configs")
        .forEach(
            part -> types.add(part.get("@type").asText().replaceAll("^.*\\.|ConfigDump$", "")));
    return types;
  }

  private static List<String> names(JsonNode dump, String type, String list, String name) {
    List<String> names = new ArrayList<>();
    for (JsonNode part : dump.get("configs")) {
      if (part.get("@type").asText().endsWith("." + type)) {
        part.path(list).forEach(resource -> names.add(resource.at(name).asText()));
      }
    }
    return names;
  }

  private JsonNode json(RunningMesh mesh, String page) throws Exception {
    HttpResponse<String> response = get(mesh, page);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return new ObjectMapper().readTree(response.body());
  }

  private HttpResponse<String> get(RunningMesh mesh, String page) throws Exception {
    return client.send(request(mesh, page).build(), BodyHandlers.ofString());
  }

  private HttpResponse<String> post(RunningMesh mesh, String page) throws Exception {
    return client.send(
        request(mesh, page).POST(BodyPublishers.noBody()).build(), BodyHandlers.ofString());
  }

  private static HttpRequest.Builder request(RunningMesh mesh, String page) {
    return HttpRequest.newBuilder(
        URI.create("http://" + mesh.proxyAddress(GATEWAY) + ":15000" + page));
  }
}
