// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.query;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.telemetry.metric.LabelMatcher;
import io.flotilla.telemetry.metric.Labels;
import io.flotilla.telemetry.metric.MetricWindow;
import io.flotilla.telemetry.metric.SeriesSlice;
import io.flotilla.telemetry.promql.PromQlException;
import io.flotilla.telemetry.promql.PromQlParser;
import io.flotilla.telemetry.promql.QueryEngine;
import io.flotilla.telemetry.promql.Value;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedHashMap;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/**
 * Prometheus' HTTP API (Prometheus documentation, "HTTP API") over the embedded window. What the
 * window's PromQL lacks is refused as "bad_data", naming it. On its own port the paths begin with
 * {@code /api/v1}.
 */
@Path("/telemetry/prometheus/api/v1")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class PrometheusResource {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final long MAX_MILLIS = 253_402_300_799_000L;

  private final MetricWindow window;
  private final QueryEngine engine;
  private final String version;

  PrometheusResource(
      MetricWindow window,
      @ConfigProperty(name = "quarkus.application.version", defaultValue = "unknown")
          String version) {
    this.window = window;
    this.engine = new QueryEngine(window);
    this.version = version;
  }

  @FunctionalInterface
  private interface Answer {
    JsonNode data(MultivaluedMap<String, String> parameters) throws PromQlException;
  }

  /** The value of a query at one moment: {@code ?query=&time=}. */
  @GET
  @Path("query")
  @Operation(summary = "Evaluates PromQL at one moment")
  public Response query(@Context UriInfo uri) {
    return answer(uri, null, this::query);
  }

  /** The same with the parameters in the body. */
  @POST
  @Path("query")
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  @Operation(hidden = true)
  public Response postQuery(@Context UriInfo uri, MultivaluedMap<String, String> form) {
    return answer(uri, form, this::query);
  }

  /** The values of a query over time: {@code ?query=&start=&end=&step=}. */
  @GET
  @Path("query_range")
  @Operation(summary = "Evaluates PromQL at each step between two moments")
  public Response queryRange(@Context UriInfo uri) {
    return answer(uri, null, this::queryRange);
  }

  /** The same with the parameters in the body. */
  @POST
  @Path("query_range")
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  @Operation(hidden = true)
  public Response postQueryRange(@Context UriInfo uri, MultivaluedMap<String, String> form) {
    return answer(uri, form, this::queryRange);
  }

  /** Series by selectors: {@code ?match[]=&start=&end=}. */
  @GET
  @Path("series")
  @Operation(summary = "The series that match selectors")
  public Response series(@Context UriInfo uri) {
    return answer(uri, null, this::series);
  }

  /** The same with the parameters in the body. */
  @POST
  @Path("series")
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  @Operation(hidden = true)
  public Response postSeries(@Context UriInfo uri, MultivaluedMap<String, String> form) {
    return answer(uri, form, this::series);
  }

  /** Names of labels: {@code ?match[]=&start=&end=}. */
  @GET
  @Path("labels")
  @Operation(summary = "Names of labels")
  public Response labels(@Context UriInfo uri) {
    return answer(uri, null, this::labels);
  }

  /** The same with the parameters in the body. */
  @POST
  @Path("labels")
  @Consumes(MediaType.APPLICATION_FORM_URLENCODED)
  @Operation(hidden = true)
  public Response postLabels(@Context UriInfo uri, MultivaluedMap<String, String> form) {
    return answer(uri, form, this::labels);
  }

  /** Values of one label: {@code ?match[]=&start=&end=}. */
  @GET
  @Path("label/{name}/values")
  @Operation(summary = "Values of a label")
  public Response labelValues(@PathParam("name") String name, @Context UriInfo uri) {
    return answer(
        uri,
        null,
        parameters -> {
          Set<String> values = new TreeSet<>();
          for (Labels labels : found(parameters, false)) {
            values.add(labels.get(name));
          }
          values.remove("");
          return strings(values);
        });
  }

  /** What answers here, as Kiali and Grafana ask it. */
  @GET
  @Path("status/buildinfo")
  @Operation(summary = "What answers here")
  public Response buildInfo() {
    return success(
        JSON.objectNode()
            .put("version", "2.42.0")
            .put("revision", "flotilla " + version)
            .put("branch", "")
            .put("buildUser", "")
            .put("buildDate", "")
            .put("goVersion", ""));
  }

  private static Response answer(
      UriInfo uri, @Nullable MultivaluedMap<String, String> form, Answer answer) {
    MultivaluedMap<String, String> parameters = new MultivaluedHashMap<>();
    uri.getQueryParameters().forEach((k, v) -> parameters.addAll(k, v));
    if (form != null) {
      form.forEach((k, v) -> parameters.addAll(k, v));
    }
    try {
      return success(answer.data(parameters));
    } catch (PromQlException e) {
      boolean bad = e.kind() == PromQlException.Kind.BAD_DATA;
      ObjectNode body =
          JSON.objectNode()
              .put("status", "error")
              .put("errorType", bad ? "bad_data" : "execution")
              .put("error", e.sentence());
      return Response.status(bad ? 400 : 422).entity(body).build();
    }
  }

  private static Response success(JsonNode data) {
    ObjectNode body = JSON.objectNode().put("status", "success");
    body.set("data", data);
    return Response.ok(body).build();
  }

  private JsonNode query(MultivaluedMap<String, String> parameters) throws PromQlException {
    long time = time(parameters, "time", System.currentTimeMillis());
    ObjectNode data = JSON.objectNode();
    switch (engine.instant(required(parameters, "query"), time)) {
      case Value.Scalar(double value) ->
          data.put("resultType", "scalar").set("result", point(time, value));
      case Value.Text(String text) ->
          data.put("resultType", "string")
              .set("result", JSON.arrayNode().add(seconds(time)).add(text));
      case Value.Vector(List<Value.Sample> samples) -> {
        ArrayNode result = data.put("resultType", "vector").putArray("result");
        for (Value.Sample sample : samples) {
          ObjectNode series = result.addObject();
          series.set("metric", metric(sample.labels()));
          series.set("value", point(time, sample.value()));
        }
      }
    }
    return data;
  }

  private JsonNode queryRange(MultivaluedMap<String, String> parameters) throws PromQlException {
    long start = time(parameters, "start", null);
    long end = time(parameters, "end", null);
    long step = duration(required(parameters, "step"));
    ObjectNode data = JSON.objectNode().put("resultType", "matrix");
    ArrayNode result = data.putArray("result");
    for (QueryEngine.Line line : engine.range(required(parameters, "query"), start, end, step)) {
      ObjectNode series = result.addObject();
      series.set("metric", metric(line.labels()));
      ArrayNode values = series.putArray("values");
      for (QueryEngine.Point point : line.points()) {
        values.add(point(point.timeMillis(), point.value()));
      }
    }
    return data;
  }

  private JsonNode series(MultivaluedMap<String, String> parameters) throws PromQlException {
    ArrayNode data = JSON.arrayNode();
    found(parameters, true).forEach(labels -> data.add(metric(labels)));
    return data;
  }

  private JsonNode labels(MultivaluedMap<String, String> parameters) throws PromQlException {
    Set<String> names = new TreeSet<>();
    for (Labels labels : found(parameters, false)) {
      labels.forEach((name, value) -> names.add(name));
    }
    return strings(names);
  }

  private Set<Labels> found(MultivaluedMap<String, String> parameters, boolean selectorRequired)
      throws PromQlException {
    List<String> selectors = parameters.getOrDefault("match[]", List.of());
    if (selectors.isEmpty() && selectorRequired) {
      throw PromQlException.badData("no match[] parameter provided");
    }
    long start = time(parameters, "start", 0L);
    long end = time(parameters, "end", MAX_MILLIS);
    List<List<LabelMatcher>> wanted = new ArrayList<>();
    for (String selector : selectors) {
      wanted.add(PromQlParser.selector(selector));
    }
    if (wanted.isEmpty()) {
      wanted.add(List.of());
    }
    Set<Labels> found = new TreeSet<>();
    for (List<LabelMatcher> matchers : wanted) {
      for (SeriesSlice slice : window.select(matchers, start, end)) {
        found.add(slice.labels());
      }
    }
    return found;
  }

  private static String required(MultivaluedMap<String, String> parameters, String name)
      throws PromQlException {
    String text = parameters.getFirst(name);
    if (text == null || text.isEmpty()) {
      throw PromQlException.badData("invalid parameter \"" + name + "\": it is required");
    }
    return text;
  }

  /** Seconds since 1970 with fractions, or RFC 3339; in milliseconds. */
  private static long time(
      MultivaluedMap<String, String> parameters, String name, @Nullable Long otherwise)
      throws PromQlException {
    String text = parameters.getFirst(name);
    if ((text == null || text.isEmpty()) && otherwise != null) {
      return otherwise;
    }
    String given = required(parameters, name);
    try {
      return Math.clamp(Math.round(Double.parseDouble(given) * 1_000), -MAX_MILLIS, MAX_MILLIS);
    } catch (NumberFormatException notSeconds) {
      try {
        return OffsetDateTime.parse(given).toInstant().toEpochMilli();
      } catch (DateTimeException | ArithmeticException e) {
        throw PromQlException.badData(
            "invalid parameter \""
                + name
                + "\": cannot parse \""
                + given
                + "\" to a valid timestamp");
      }
    }
  }

  private static long duration(String text) throws PromQlException {
    try {
      double seconds = Double.parseDouble(text);
      if (seconds * 1_000 > Long.MAX_VALUE / 4.0 || Double.isNaN(seconds)) {
        throw PromQlException.badData("invalid parameter \"step\": duration out of range");
      }
      return Math.round(seconds * 1_000);
    } catch (NumberFormatException e) {
      return PromQlParser.duration(text);
    }
  }

  private static ArrayNode strings(Set<String> values) {
    ArrayNode data = JSON.arrayNode();
    values.forEach(data::add);
    return data;
  }

  private static ObjectNode metric(Labels labels) {
    ObjectNode metric = JSON.objectNode();
    labels.forEach(metric::put);
    return metric;
  }

  private static ArrayNode point(long timeMillis, double value) {
    return JSON.arrayNode().add(seconds(timeMillis)).add(text(value));
  }

  private static BigDecimal seconds(long timeMillis) {
    BigDecimal seconds = BigDecimal.valueOf(timeMillis, 3).stripTrailingZeros();
    return seconds.scale() < 0 ? seconds.setScale(0) : seconds;
  }

  private static String text(double value) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "+Inf" : "-Inf";
    }
    BigDecimal decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    return decimal.signum() == 0 ? "0" : decimal.toPlainString();
  }
}
