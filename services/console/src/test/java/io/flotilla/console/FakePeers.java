// SPDX-License-Identifier: Apache-2.0
package io.flotilla.console;

import io.flotilla.contract.galley.ConfigurationGrpc;
import io.flotilla.contract.galley.ListRequest;
import io.flotilla.contract.galley.ListResponse;
import io.flotilla.contract.galley.ObjectSummary;
import io.flotilla.contract.galley.Rejection;
import io.flotilla.contract.pilot.ListProxiesRequest;
import io.flotilla.contract.pilot.ListProxiesResponse;
import io.flotilla.contract.pilot.ProxyStatus;
import io.flotilla.contract.pilot.ProxyStatusServiceGrpc;
import io.flotilla.contract.telemetry.Edge;
import io.flotilla.contract.telemetry.GetGraphRequest;
import io.flotilla.contract.telemetry.GetGraphResponse;
import io.flotilla.contract.telemetry.TrafficServiceGrpc;
import io.flotilla.contract.telemetry.Workload;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Telemetry, Pilot and Galley as gRPC servers on real sockets, with a small shop behind them that a
 * test can change; and channels that end in memory.
 */
public class FakePeers implements QuarkusTestResourceLifecycleManager {
  private static volatile GetGraphResponse traffic = shop(12.5);
  private static volatile ListProxiesResponse proxies = shopProxies();
  private static volatile ListResponse configuration = shopConfiguration();
  private static @Nullable Server telemetry;
  private static int telemetryPort;
  private @Nullable Server pilot;
  private @Nullable Server galley;

  @Override
  public Map<String, String> start() {
    startTelemetry();
    pilot =
        serve(
            0,
            new ProxyStatusServiceGrpc.ProxyStatusServiceImplBase() {
              @Override
              public void listProxies(
                  ListProxiesRequest request, StreamObserver<ListProxiesResponse> answer) {
                answer.onNext(proxies);
                answer.onCompleted();
              }
            });
    galley =
        serve(
            0,
            new ConfigurationGrpc.ConfigurationImplBase() {
              @Override
              public void list(ListRequest request, StreamObserver<ListResponse> answer) {
                answer.onNext(configuration);
                answer.onCompleted();
              }
            });
    Map<String, String> config = new HashMap<>();
    config.put("quarkus.http.test-port", "0");
    config.put("flotilla.console.telemetry.target", "127.0.0.1:" + telemetryPort);
    config.put("flotilla.console.pilot.target", "127.0.0.1:" + pilot.getPort());
    config.put("flotilla.console.galley.target", "127.0.0.1:" + galley.getPort());
    config.put("flotilla.console.refresh", "500ms");
    config.put("flotilla.console.max-streams", "6");
    config.put("flotilla.console.events.max", "20");
    config.put("flotilla.console.application.url", "http://127.0.0.1:8080/productpage");
    for (String channel : List.of("config-events", "proxy-events", "certificate-events")) {
      config.put("mp.messaging.incoming." + channel + ".connector", "smallrye-in-memory");
    }
    return config;
  }

  /** Starts telemetry, on the same port each time. */
  public static synchronized void startTelemetry() {
    if (telemetry == null) {
      telemetry =
          serve(
              telemetryPort,
              new TrafficServiceGrpc.TrafficServiceImplBase() {
                @Override
                public void getGraph(
                    GetGraphRequest request, StreamObserver<GetGraphResponse> answer) {
                  answer.onNext(traffic);
                  answer.onCompleted();
                }
              });
      telemetryPort = telemetry.getPort();
    }
  }

  /** Stops telemetry; its port is free until it starts again. */
  public static synchronized void stopTelemetry() {
    stop(telemetry);
    telemetry = null;
  }

  /** What telemetry says from now on. */
  public static void traffic(GetGraphResponse next) {
    traffic = next;
  }

  /** All as it was. */
  public static void reset() {
    startTelemetry();
    traffic = shop(12.5);
    proxies = shopProxies();
    configuration = shopConfiguration();
  }

  private static Server serve(int port, BindableService service) {
    try {
      return NettyServerBuilder.forAddress(
              new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
          .addService(service)
          .build()
          .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void stop() {
    stopTelemetry();
    stop(pilot);
    stop(galley);
  }

  private static void stop(@Nullable Server server) {
    if (server == null) {
      return;
    }
    server.shutdownNow();
    try {
      if (!server.awaitTermination(5, TimeUnit.SECONDS)) {
        throw new IllegalStateException("a fake peer does not stop");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The shop's traffic, with so many requests per second from the gateway. */
  public static GetGraphResponse shop(double entrance) {
    Workload outside = workload("unknown", "unknown", "unknown", "unknown");
    Workload gateway =
        workload("istio-system", "istio-ingressgateway", "istio-ingressgateway", "latest");
    Workload egress =
        workload("istio-system", "istio-egressgateway", "istio-egressgateway", "latest");
    Workload page = workload("default", "productpage-v1", "productpage", "v1");
    Workload details = workload("default", "details-v1", "details", "v1");
    Workload v1 = workload("default", "reviews-v1", "reviews", "v1");
    Workload v2 = workload("default", "reviews-v2", "reviews", "v2");
    Workload v3 = workload("default", "reviews-v3", "reviews", "v3");
    Workload ratings = workload("default", "ratings-v1", "ratings", "v1");
    double third = entrance / 3;
    return GetGraphResponse.newBuilder()
        .setSource("window")
        .addEdges(edge(outside, gateway, "istio-ingressgateway.istio-system", entrance, 0, 0))
        .addEdges(edge(gateway, page, "productpage.default", entrance, 0, 1))
        .addEdges(edge(page, details, "details.default", entrance, 0, 1))
        .addEdges(edge(page, v1, "reviews.default", third, 0, 1))
        .addEdges(edge(page, v2, "reviews.default", third, 0.02, 1))
        .addEdges(edge(page, v3, "reviews.default", third, 0, 1))
        .addEdges(edge(v2, ratings, "ratings.default", third, 0, 1))
        .addEdges(edge(v3, ratings, "ratings.default", third, 0.12, 0.5))
        .addEdges(edge(details, egress, "istio-egressgateway.istio-system", entrance / 10, 0, 1))
        .addEdges(
            edge(
                egress,
                workload("unknown", "unknown", "unknown", "unknown"),
                "www.googleapis.com",
                entrance / 10,
                0,
                0))
        .addUnreachable("127.10.0.9:15020: connection refused")
        .build();
  }

  private static Workload workload(String namespace, String name, String app, String version) {
    return Workload.newBuilder()
        .setNamespace(namespace)
        .setName(name)
        .setCanonicalService(app)
        .setCanonicalRevision(version)
        .build();
  }

  private static Edge edge(
      Workload source, Workload target, String service, double rate, double errors, double mtls) {
    Edge.Builder edge =
        Edge.newBuilder()
            .setSource(source)
            .setDestination(target)
            .setDestinationService(
                service.startsWith("www.") ? service : service + ".svc.cluster.local")
            .setProtocol("http")
            .setRequestRate(rate)
            .setErrorRate(errors)
            .setMtlsShare(mtls)
            .setP50Millis(4.2)
            .setP99Millis(38.7)
            .putResponses("200", rate * (1 - errors));
    if (errors > 0) {
      edge.putResponses("503", rate * errors);
    }
    return edge.build();
  }

  private static ListProxiesResponse shopProxies() {
    ListProxiesResponse.Builder all = ListProxiesResponse.newBuilder().setRevision(7);
    for (String name :
        List.of(
            "productpage-v1",
            "details-v1",
            "reviews-v1",
            "reviews-v2",
            "reviews-v3",
            "ratings-v1",
            "sleeper-v1")) {
      all.addProxies(proxy("default", name, "sidecar", name.equals("ratings-v1") ? 5 : 7));
    }
    all.addProxies(proxy("istio-system", "istio-ingressgateway", "router", 7));
    all.addProxies(
        proxy("istio-system", "istio-egressgateway", "router", 7).toBuilder()
            .addRefused(
                "type.googleapis.com/envoy.config.listener.v3.Listener 0.0.0.0_443: the certificate"
                    + " google is not there"));
    return all.build();
  }

  private static ProxyStatus proxy(String namespace, String name, String type, long acknowledged) {
    return ProxyStatus.newBuilder()
        .setNodeId(type + "~127.10.0.1~" + name + "." + namespace + "~" + namespace)
        .setNamespace(namespace)
        .setWorkload(name)
        .setType(type)
        .setSentRevision(7)
        .setAcknowledgedRevision(acknowledged)
        .setIdentity("spiffe://cluster.local/ns/" + namespace + "/sa/" + name)
        .setUserAgent("flotilla 0.1.0")
        .build();
  }

  private static ListResponse shopConfiguration() {
    return ListResponse.newBuilder()
        .setRevision(42)
        .addObjects(
            object(
                "networking.istio.io/v1", "VirtualService", "reviews", "{\"hosts\":[\"reviews\"]}"))
        .addObjects(
            object(
                "networking.istio.io/v1",
                "DestinationRule",
                "reviews",
                "{\"host\":\"reviews.default.svc.cluster.local\"}"))
        .addObjects(
            object(
                "networking.istio.io/v1",
                "ServiceEntry",
                "googleapis",
                "{\"hosts\":[\"www.googleapis.com\"]}"))
        .addObjects(
            object(
                "networking.istio.io/v1",
                "WorkloadEntry",
                "sleeper-v1",
                "{\"labels\":{\"app\":\"sleeper\",\"version\":\"v1\"}}"))
        .addRejections(
            Rejection.newBuilder()
                .setFile("virtual-service-broken.yaml")
                .setLine(14)
                .setObject("VirtualService default/ratings")
                .setReason(
                    "spec.http[0].route[0].weight is 140, but must be 0 to 100: write a share of"
                        + " the traffic in per cent."))
        .build();
  }

  private static ObjectSummary object(String version, String kind, String name, String spec) {
    return ObjectSummary.newBuilder()
        .setApiVersion(version)
        .setKind(kind)
        .setNamespace("default")
        .setName(name)
        .setOrigin(name + ".yaml:1")
        .setJson("{\"metadata\":{\"name\":\"" + name + "\"},\"spec\":" + spec + "}")
        .build();
  }
}
