// SPDX-License-Identifier: Apache-2.0
package io.flotilla.pilot.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.graph.View;
import io.flotilla.model.snapshot.ProxySnapshot;
import io.flotilla.pilot.Pilot;
import io.flotilla.pilot.push.ProxyState;
import io.flotilla.pilot.source.RevisionAuthors;
import io.flotilla.translate.Problem;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** What istioctl and Kiali ask a control plane, on 15014 under {@code /debug}. */
@Path("/pilot/debug")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "pilot", description = "Discovery: proxies, services, what each proxy knows")
public class DebugResource {
  private static final Map<String, String> TYPES =
      Map.of(
          "type.googleapis.com/envoy.config.cluster.v3.Cluster", "cluster",
          "type.googleapis.com/envoy.config.listener.v3.Listener", "listener",
          "type.googleapis.com/envoy.config.route.v3.RouteConfiguration", "route",
          "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment", "endpoint");

  private final Pilot pilot;
  private final RevisionAuthors authors;
  private final ObjectMapper json;

  public DebugResource(Pilot pilot, RevisionAuthors authors, ObjectMapper json) {
    this.pilot = pilot;
    this.authors = authors;
    this.json = json;
  }

  /** Galley's revisions as {@code config-events} told them, the newest first. */
  @GET
  @Path("revisions")
  @Operation(summary = "Who changed the configuration, when, why, and whether it is applied")
  public JsonNode revisions() {
    ArrayNode out = json.createArrayNode();
    for (RevisionAuthors.Authored each : authors.newest()) {
      ObjectNode one = out.addObject();
      one.put("revision", each.revision());
      one.put("time", each.time().toString());
      one.put("author", each.author());
      one.put("cause", each.cause());
      one.put("applied", each.revision() <= pilot.source().revision());
      each.objects().forEach(one.putArray("objects")::add);
      each.rejected().forEach(one.putArray("rejected")::add);
    }
    return out;
  }

  /** Istio's form: one entry a proxy, with what was sent and acknowledged of each type. */
  @GET
  @Path("syncz")
  @Operation(summary = "What each proxy was sent and has acknowledged, in istiod's form")
  public JsonNode syncz() {
    ArrayNode out = json.createArrayNode();
    for (ProxyState state : pilot.proxies().states()) {
      ObjectNode each = out.addObject();
      each.put("cluster_id", state.proxy().node().text("CLUSTER_ID").orElse("Kubernetes"));
      each.put("proxy", name(state));
      each.put("proxy_type", state.proxy().node().type().word());
      each.put("istio_version", state.proxy().node().text("ISTIO_VERSION").orElse(""));
      TYPES.forEach(
          (url, word) -> {
            Long sent = state.acknowledgedByType().get(url);
            if (sent != null) {
              each.put(word + "_sent", String.valueOf(sent));
              each.put(word + "_acked", String.valueOf(Math.min(sent, state.acknowledged())));
            }
          });
      each.put("identity", state.proxy().spiffeId().orElse(""));
      each.put("revision_sent", state.sent());
      each.put("revision_acked", state.acknowledged());
      ArrayNode refused = each.putArray("refused");
      state.refused().forEach(refused::add);
    }
    return out;
  }

  private static String name(ProxyState state) {
    return state.proxy().node().name() + "." + state.proxy().node().namespace();
  }

  /** Connected proxies, with the state of the world that they are served. */
  @GET
  @Path("adsz")
  @Operation(summary = "The connected proxies")
  public JsonNode adsz() {
    ObjectNode out = json.createObjectNode();
    List<ProxyState> states = List.copyOf(pilot.proxies().states());
    out.put("totalClients", states.size());
    ArrayNode clients = out.putArray("clients");
    for (ProxyState state : states) {
      ObjectNode each = clients.addObject();
      each.put("connectionId", state.proxy().node().id());
      each.put("connectedAt", state.since().toString());
      each.put("address", state.proxy().remoteAddress());
      each.put("delta", state.proxy().delta());
      each.put("userAgent", state.proxy().node().userAgent());
    }
    return out;
  }

  /** What a proxy was sent; private keys are left out. */
  @GET
  @Path("config_dump")
  @Operation(summary = "What a proxy was sent, as Pilot's own model; private keys are left out")
  public JsonNode configDump(@QueryParam("proxyID") @Nullable String proxy) {
    if (proxy == null || proxy.isEmpty()) {
      throw problem(400, "tell the proxy: ?proxyID=name.namespace");
    }
    ProxySnapshot snapshot =
        pilot
            .proxies()
            .snapshot(proxy)
            .orElseThrow(() -> problem(404, "no proxy '" + proxy + "' is connected"));
    ObjectNode out = json.createObjectNode();
    out.put("proxy", proxy);
    out.put("revision", snapshot.revision());
    out.set("listeners", json.valueToTree(snapshot.listeners().values()));
    out.set("routes", json.valueToTree(snapshot.routes().values()));
    out.set("clusters", json.valueToTree(snapshot.clusters().values()));
    out.set("endpoints", json.valueToTree(snapshot.endpoints().values()));
    return out;
  }

  /** All services of the mesh. */
  @GET
  @Path("registryz")
  @Operation(summary = "All services of the mesh")
  public JsonNode registryz() {
    return json.valueToTree(pilot.graph().graph().view().all(pilot.graph().services()).values());
  }

  /** What serves each service. */
  @GET
  @Path("endpointz")
  @Operation(summary = "What serves each service")
  public JsonNode endpointz() {
    ArrayNode out = json.createArrayNode();
    View view = pilot.graph().graph().view();
    view.all(pilot.graph().endpoints())
        .forEach(
            (key, endpoints) -> {
              ObjectNode each = out.addObject();
              each.put("service", key.host());
              each.put("namespace", key.namespace());
              each.set("endpoints", json.valueToTree(endpoints));
            });
    return out;
  }

  /** What the configuration asks for in vain. */
  @GET
  @Path("problems")
  @Operation(summary = "What VirtualServices ask for in vain, and functions that failed")
  public Map<String, List<Problem>> problems() {
    View view = pilot.graph().graph().view();
    Map<String, List<Problem>> out = new TreeMap<>(view.all(pilot.graph().problems()));
    view.failures()
        .forEach(
            failure ->
                out.put(
                    failure.collection() + " " + failure.key(),
                    List.of(
                        new Problem(
                            "TranslationFailed",
                            String.valueOf(failure.key()),
                            failure.collection() + " keeps its last value: " + failure.reason()))));
    return out;
  }

  private static WebApplicationException problem(int status, String sentence) {
    return new WebApplicationException(
        sentence, Response.status(status).type(MediaType.TEXT_PLAIN_TYPE).entity(sentence).build());
  }
}
