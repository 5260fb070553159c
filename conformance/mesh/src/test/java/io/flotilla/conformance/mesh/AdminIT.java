// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
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
    return client.send(
        HttpRequest.newBuilder(URI.create("http://" + mesh.proxyAddress(GATEWAY) + ":15000" + page))
            .build(),
        BodyHandlers.ofString());
  }
}
