// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.traffic;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.telemetry.metric.Labels;
import io.flotilla.telemetry.promql.Value;
import io.flotilla.telemetry.scrape.BoundedBody;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Asks a Prometheus server, or anything that speaks its HTTP API. */
final class PrometheusQueries implements MetricQueries {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LARGEST_ANSWER = 64 << 20;

  private final String url;
  private final Duration timeout;
  private final HttpClient http;

  PrometheusQueries(String url, Duration timeout) {
    this.url = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    this.timeout = timeout;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(timeout)
            .build();
  }

  @Override
  public List<Value.Sample> vector(String query) throws UnavailableException {
    JsonNode data = ask(query).path("data");
    if (!data.path("resultType").asText().equals("vector")) {
      throw new UnavailableException(
          "Prometheus at " + url + " answered a query for a vector with something else.");
    }
    List<Value.Sample> samples = new ArrayList<>();
    for (JsonNode series : data.path("result")) {
      Map<String, String> labels = new HashMap<>();
      series
          .path("metric")
          .properties()
          .forEach(e -> labels.put(e.getKey(), e.getValue().asText()));
      samples.add(
          new Value.Sample(Labels.of(labels), number(series.path("value").path(1).asText("NaN"))));
    }
    return samples;
  }

  private static double number(String text) throws UnavailableException {
    try {
      return switch (text) {
        case "+Inf" -> Double.POSITIVE_INFINITY;
        case "-Inf" -> Double.NEGATIVE_INFINITY;
        default -> Double.parseDouble(text);
      };
    } catch (NumberFormatException e) {
      throw new UnavailableException("Prometheus answered with a value that is no number.");
    }
  }

  private JsonNode ask(String query) throws UnavailableException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url + "/api/v1/query"))
            .timeout(timeout)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString("query=" + URLEncoder.encode(query, UTF_8)))
            .build();
    try {
      HttpResponse<byte[]> response = http.send(request, info -> new BoundedBody(LARGEST_ANSWER));
      JsonNode body = JSON.readTree(response.body());
      if (response.statusCode() != 200 || !body.path("status").asText().equals("success")) {
        throw new UnavailableException(
            "Prometheus at "
                + url
                + " refused a query with status "
                + response.statusCode()
                + ": "
                + body.path("error").asText("no reason given"));
      }
      return body;
    } catch (ConnectException e) {
      throw new UnavailableException(
          "Nothing listens at "
              + url
              + "; start Prometheus there or change flotilla.telemetry.prometheus.url.");
    } catch (IOException e) {
      throw new UnavailableException(
          "Prometheus at " + url + " gave no usable answer: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UnavailableException("Interrupted while Prometheus was asked.");
    }
  }

  @Override
  public List<String> unreachable() throws UnavailableException {
    return vector("up == 0").stream()
        .map(s -> s.labels().get("instance") + ": down, says Prometheus")
        .sorted()
        .toList();
  }

  @Override
  public String source() {
    return "prometheus";
  }
}
