// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.telemetry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import zipkin2.Call;
import zipkin2.Callback;
import zipkin2.DependencyLink;
import zipkin2.Span;
import zipkin2.codec.SpanBytesDecoder;
import zipkin2.codec.SpanBytesEncoder;
import zipkin2.storage.QueryRequest;
import zipkin2.storage.ServiceAndSpanNames;
import zipkin2.storage.SpanConsumer;
import zipkin2.storage.SpanStore;
import zipkin2.storage.StorageComponent;
import zipkin2.storage.Traces;

/** Telemetry behind its Zipkin API, as a storage of Zipkin; each tenant is an empty one. */
final class HttpStorage extends StorageComponent
    implements SpanStore, Traces, ServiceAndSpanNames, SpanConsumer {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String url;
  private final String tenant;

  private HttpStorage(String url, String tenant) {
    this.url = url;
    this.tenant = tenant;
  }

  static final class Builder extends StorageComponent.Builder {
    private final String url;
    private final String tenant;

    Builder(String url, String tenant) {
      this.url = url;
      this.tenant = tenant;
    }

    @Override
    public StorageComponent.Builder strictTraceId(boolean strict) {
      return this;
    }

    @Override
    public StorageComponent.Builder searchEnabled(boolean enabled) {
      return this;
    }

    @Override
    public StorageComponent build() {
      return new HttpStorage(url, tenant);
    }
  }

  @Override
  public SpanStore spanStore() {
    return this;
  }

  @Override
  public Traces traces() {
    return this;
  }

  @Override
  public ServiceAndSpanNames serviceAndSpanNames() {
    return this;
  }

  @Override
  public SpanConsumer spanConsumer() {
    return this;
  }

  private interface Answer<T> {
    T of(byte[] body) throws IOException;
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(url + path)).header("X-Scope-OrgID", tenant);
  }

  private <T> Call<T> call(HttpRequest request, Answer<T> answer) {
    return new Call.Base<>() {
      @Override
      protected T doExecute() throws IOException {
        try {
          HttpResponse<byte[]> response =
              HTTP.send(request, HttpResponse.BodyHandlers.ofByteArray());
          if (response.statusCode() == 404) {
            return answer.of("[]".getBytes(StandardCharsets.UTF_8));
          }
          if (response.statusCode() == 400) {
            throw new IllegalArgumentException(new String(response.body(), StandardCharsets.UTF_8));
          }
          if (response.statusCode() / 100 != 2) {
            throw new IOException(
                response.statusCode() + " " + new String(response.body(), StandardCharsets.UTF_8));
          }
          return answer.of(response.body());
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IOException(e);
        }
      }

      @Override
      protected void doEnqueue(Callback<T> callback) {
        try {
          callback.onSuccess(doExecute());
        } catch (IOException e) {
          callback.onError(e);
        }
      }

      @Override
      public Call<T> clone() {
        return call(request, answer);
      }
    };
  }

  private <T> Call<T> get(String path, Answer<T> answer) {
    return call(request(path).build(), answer);
  }

  @Override
  public Call<Void> accept(List<Span> spans) {
    return call(
        request("/api/v2/spans")
            .header("Content-Type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofByteArray(SpanBytesEncoder.JSON_V2.encodeList(spans)))
            .build(),
        body -> null);
  }

  @Override
  public Call<List<List<Span>>> getTraces(QueryRequest query) {
    TreeMap<String, Object> parameters = new TreeMap<>();
    parameters.put("endTs", query.endTs());
    parameters.put("lookback", query.lookback());
    parameters.put("limit", query.limit());
    put(parameters, "serviceName", query.serviceName());
    put(parameters, "remoteServiceName", query.remoteServiceName());
    put(parameters, "spanName", query.spanName());
    put(parameters, "annotationQuery", query.annotationQueryString());
    put(parameters, "minDuration", query.minDuration());
    put(parameters, "maxDuration", query.maxDuration());
    List<String> pairs = new ArrayList<>();
    parameters.forEach(
        (key, value) ->
            pairs.add(key + "=" + URLEncoder.encode(value.toString(), StandardCharsets.UTF_8)));
    return get("/api/v2/traces?" + String.join("&", pairs), HttpStorage::traceLists);
  }

  private static void put(TreeMap<String, Object> parameters, String key, Object value) {
    if (value != null) {
      parameters.put(key, value);
    }
  }

  private static List<List<Span>> traceLists(byte[] body) throws IOException {
    List<List<Span>> traces = new ArrayList<>();
    for (JsonNode trace : JSON.readTree(body)) {
      traces.add(spans(JSON.writeValueAsBytes(trace)));
    }
    return traces;
  }

  private static List<Span> spans(byte[] body) {
    List<Span> spans = new ArrayList<>();
    SpanBytesDecoder.JSON_V2.decodeList(body, spans);
    return spans;
  }

  @Override
  public Call<List<Span>> getTrace(String id) {
    return get("/api/v2/trace/" + id, HttpStorage::spans);
  }

  @Override
  public Call<List<List<Span>>> getTraces(Iterable<String> ids) {
    String list = String.join(",", ids);
    return list.isEmpty()
        ? Call.emptyList()
        : get("/api/v2/traceMany?traceIds=" + list, HttpStorage::traceLists);
  }

  private static List<String> strings(byte[] body) throws IOException {
    List<String> values = new ArrayList<>();
    JSON.readTree(body).forEach(value -> values.add(value.asText()));
    return values;
  }

  @Override
  public Call<List<String>> getServiceNames() {
    return get("/api/v2/services", HttpStorage::strings);
  }

  @Override
  public Call<List<String>> getRemoteServiceNames(String service) {
    return service.isEmpty()
        ? Call.emptyList()
        : get("/api/v2/remoteServices?serviceName=" + encoded(service), HttpStorage::strings);
  }

  @Override
  public Call<List<String>> getSpanNames(String service) {
    return service.isEmpty()
        ? Call.emptyList()
        : get("/api/v2/spans?serviceName=" + encoded(service), HttpStorage::strings);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  @Override
  public Call<List<DependencyLink>> getDependencies(long endTs, long lookback) {
    if (endTs <= 0 || lookback <= 0) {
      // The server answers 400; a storage throws before anything is asked.
      throw new IllegalArgumentException(endTs <= 0 ? "endTs <= 0" : "lookback <= 0");
    }
    return get(
        "/api/v2/dependencies?endTs=" + endTs + "&lookback=" + lookback,
        body -> {
          List<DependencyLink> links = new ArrayList<>();
          for (JsonNode link : JSON.readTree(body)) {
            links.add(
                DependencyLink.newBuilder()
                    .parent(link.path("parent").asText())
                    .child(link.path("child").asText())
                    .callCount(link.path("callCount").asLong())
                    .errorCount(link.path("errorCount").asLong())
                    .build());
          }
          return links;
        });
  }
}
