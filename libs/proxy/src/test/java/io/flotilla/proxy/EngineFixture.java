// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.model.snapshot.ProxySnapshot;
import io.flotilla.proxy.api.PeerIdentity;
import io.flotilla.proxy.api.RequestRecord;
import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.api.SpanSink;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.UnaryOperator;

/** An engine, what it told, and a client to reach it. */
final class EngineFixture implements AutoCloseable {
  final ProxyEngine engine;
  final Queue<RequestRecord> records = new ConcurrentLinkedQueue<>();
  final Queue<Span> spans = new ConcurrentLinkedQueue<>();
  final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(2))
          .build();

  EngineFixture(String name) {
    this(name, Overload.ofProcess());
  }

  EngineFixture(String name, Overload overload) {
    this(name, overload, false);
  }

  /** At the edge of the mesh. */
  static EngineFixture gateway(String name) {
    return new EngineFixture(name, Overload.ofProcess(), true);
  }

  private EngineFixture(String name, Overload overload, boolean gateway) {
    engine =
        new ProxyEngine(
            new EngineConfig(
                name,
                new PeerIdentity(
                    name + "-1",
                    "default",
                    name,
                    name,
                    "v1",
                    name,
                    "v1",
                    "Kubernetes",
                    "unknown",
                    Map.of("app", name, "version", "v1")),
                "sidecar~127.0.0.1~" + name + ".default~default.svc.cluster.local",
                gateway,
                new SpanSink() {
                  @Override
                  public boolean offer(Span span) {
                    return spans.add(span);
                  }

                  @Override
                  public long dropped() {
                    return 0;
                  }

                  @Override
                  public void close() {}
                },
                records::add,
                true,
                Duration.ofSeconds(5),
                overload));
  }

  /** Applies, and fails where a resource is refused. */
  EngineFixture apply(ProxySnapshot snapshot) {
    assertThat(engine.apply(snapshot).join().problems()).isEmpty();
    return this;
  }

  InetSocketAddress address(String listener) {
    return engine.addresses(listener).getFirst();
  }

  int port(String listener) {
    return address(listener).getPort();
  }

  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return get(path, r -> r);
  }

  HttpResponse<String> get(String path, UnaryOperator<HttpRequest.Builder> more)
      throws IOException, InterruptedException {
    HttpRequest.Builder builder =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port(TestMesh.OUT) + path))
            .timeout(Duration.ofSeconds(10));
    return client.send(more.apply(builder).build(), HttpResponse.BodyHandlers.ofString());
  }

  List<RequestRecord> records() {
    return List.copyOf(records);
  }

  @Override
  public void close() {
    client.shutdownNow();
    engine.close();
  }
}
