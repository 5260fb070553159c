// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.Discovery;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.model.route.VirtualHost;
import io.flotilla.model.snapshot.ProxySnapshot;
import io.flotilla.model.tls.Secret;
import io.flotilla.testkit.envoy.EnvoyProcess;
import io.flotilla.xds.codec.Everything;
import io.grpc.BindableService;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a real Envoy accepts is right. */
class EnvoyIT {
  private static final String ENVOY = System.getProperty("flotilla.envoy", "");
  private static @TempDir Path keys;
  private static Pem pem;

  private final Proxies proxies = new Proxies();
  private final SdsServer secrets = new SdsServer();
  private Server ads;
  private Server sds;
  private @TempDir Path folder;

  @BeforeAll
  static void makeKeys() throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of(ENVOY)),
        "there is no Envoy at '"
            + ENVOY
            + "'; conformance/install.sh installs one, or -Dflotilla.envoy names one");
    pem = Pem.selfSigned(keys, "spiffe://cluster.local/ns/default/sa/a");
  }

  @BeforeEach
  void start() throws IOException {
    ads = serve(new XdsServer(proxies, proxies));
    sds = serve(secrets);
    secrets.update(
        List.of(
            new Secret.KeyPair("default", pem.certificate(), pem.key()),
            new Secret.TrustBundle("ROOTCA", pem.certificate())));
  }

  @AfterEach
  void stop() {
    ads.shutdownNow();
    sds.shutdownNow();
  }

  private static Server serve(BindableService service) throws IOException {
    return NettyServerBuilder.forAddress(
            new InetSocketAddress("127.0.0.1", 0), InsecureServerCredentials.create())
        .addService(service)
        .build()
        .start();
  }

  private EnvoyProcess envoy(String api) throws IOException, InterruptedException {
    return new EnvoyProcess(ENVOY, folder, api, ads.getPort(), sds.getPort());
  }

  @ParameterizedTest
  @ValueSource(strings = {"DELTA_GRPC", "GRPC"})
  void acceptsEveryFeatureOfTheEncoder(String api) throws Exception {
    proxies.publish(Everything.snapshot(1, pem.certificate(), pem.key(), pem.certificate()));

    try (EnvoyProcess envoy = envoy(api)) {
      proxies.awaits("acknowledged 1");

      assertThat(proxies.refusals()).isEmpty();
      envoy.admin("/stats", s -> s.contains("cluster_manager.warming_clusters: 0"));
      envoy.admin("/stats", s -> s.contains("listener_manager.total_listeners_warming: 0"));
      assertThat(envoy.admin("/stats?filter=listener_manager.total_listeners_active"))
          .contains(": 5");
      assertThat(envoy.admin("/config_dump")).doesNotContain("error_state");
      assertThat(envoy.admin("/certs")).contains("spiffe://cluster.local/ns/default/sa/a");
      // These istiod, too, says.
      assertThat(
              envoy
                  .log()
                  .replaceAll("envoy\\.config\\.rbac\\.v3\\.\\w+\\.(metadata|source_ip)", "")
                  .replace("envoy.config.route.v3.RouteAction.max_grpc_timeout", "")
                  .lines()
                  .filter(l -> l.contains("deprecated option '") && !l.contains("option ''")))
          .isEmpty();
      assertThat(proxies.proxies().getFirst().node().name()).isEqualTo("a");
      assertThat(proxies.proxies().getFirst().node().extensions())
          .contains("envoy.filters.http.router");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"DELTA_GRPC", "GRPC"})
  void failsNoRequestWhileRoutesMoveBetweenClusters(String api) throws Exception {
    HttpServer upstream = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    upstream.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    upstream.start();
    proxies.publish(routed(1, "v1", upstream.getAddress().getPort(), 10));
    try (EnvoyProcess envoy = envoy(api)) {
      proxies.awaits("acknowledged 1");
      String url = "http://127.0.0.1:" + listenerPort(envoy) + "/";
      AtomicBoolean over = new AtomicBoolean();
      AtomicInteger good = new AtomicInteger();
      ConcurrentLinkedQueue<String> bad = new ConcurrentLinkedQueue<>();
      Thread load =
          Thread.ofVirtual()
              .start(
                  () -> {
                    while (!over.get()) {
                      HttpResponse<String> response = envoy.get(url);
                      if (response.statusCode() == 200) {
                        good.incrementAndGet();
                      } else {
                        bad.add(response.statusCode() + " " + response.body());
                      }
                    }
                  });

      for (int revision = 2; revision <= 20; revision++) {
        // Each time the old cluster goes and a new one comes, and now and then one changes.
        proxies.publish(
            routed(revision, "v" + revision / 2, upstream.getAddress().getPort(), revision));
        proxies.awaits("acknowledged " + revision);
      }

      over.set(true);
      load.join();
      assertThat(bad).isEmpty();
      assertThat(good.get()).isPositive();
      assertThat(proxies.refusals()).isEmpty();
      assertThat(envoy.admin("/clusters")).contains("v10::").doesNotContain("v9::");
      envoy.admin("/stats", s -> s.contains("cluster_manager.warming_clusters: 0"));
    } finally {
      upstream.stop(0);
    }
  }

  @Test
  void takesARotatedCertificateFromTheAgent() throws Exception {
    proxies.publish(Everything.snapshot(1, pem.certificate(), pem.key(), pem.certificate()));
    try (EnvoyProcess envoy = envoy("DELTA_GRPC")) {
      proxies.awaits("acknowledged 1");
      envoy.admin("/certs", s -> s.contains("ns/default/sa/a"));

      Pem next = Pem.selfSigned(folder, "spiffe://cluster.local/ns/default/sa/rotated");
      secrets.update(
          List.of(
              new Secret.KeyPair("default", next.certificate(), next.key()),
              new Secret.TrustBundle("ROOTCA", next.certificate())));

      envoy.admin("/certs", s -> s.contains("ns/default/sa/rotated"));
    }
  }

  @Test
  void namesTheListenerThatEnvoyRefuses() throws Exception {
    Listener bad =
        Listener.of(
            "bad",
            new SocketAddress("127.0.0.1", 0),
            Listener.TrafficDirection.OUTBOUND,
            FilterChain.plain(
                "",
                HttpConnectionManager.of(
                    "bad",
                    new HttpConnectionManager.RouteSource.Inline(
                        RouteConfiguration.of(
                            "r",
                            List.of(
                                VirtualHost.of(
                                    "h",
                                    List.of("not a domain*in*the*middle", "*"),
                                    List.of(
                                        Route.of(
                                            "",
                                            RouteMatch.of(
                                                new io.flotilla.model.match.PathMatch.Regex("(")),
                                            RouteAction.Forward.to("nowhere"))))))),
                    List.of(new HttpFilter.Router(false)))));
    proxies.publish(
        new ProxySnapshot(1, Map.of("bad", bad), Map.of(), Map.of(), Map.of(), Map.of()));

    try (EnvoyProcess envoy = envoy("DELTA_GRPC")) {
      proxies.awaits("refused bad");

      assertThat(proxies.refusals().getFirst()).contains("bad");
      assertThat(envoy.log()).contains("bad");
    }
  }

  private static int listenerPort(EnvoyProcess envoy) throws InterruptedException {
    Pattern address = Pattern.compile("main::127\\.0\\.0\\.1:(\\d+)");
    Matcher found = address.matcher(envoy.admin("/listeners", s -> address.matcher(s).find()));
    assertThat(found.find()).isTrue();
    return Integer.parseInt(found.group(1));
  }

  private static ProxySnapshot routed(long revision, String cluster, int port, int timeout) {
    Listener listener =
        Listener.of(
            "main",
            new SocketAddress("127.0.0.1", 0),
            Listener.TrafficDirection.OUTBOUND,
            FilterChain.plain(
                "",
                HttpConnectionManager.of(
                    "main",
                    new HttpConnectionManager.RouteSource.Rds("routes"),
                    List.of(new HttpFilter.Router(false)))));
    RouteConfiguration routes =
        RouteConfiguration.of(
            "routes",
            List.of(
                VirtualHost.of(
                    "all",
                    List.of("*"),
                    List.of(Route.of("", RouteMatch.ANY, RouteAction.Forward.to(cluster))))));
    Cluster plain = Cluster.of(cluster, new Discovery.Eds(cluster));
    Cluster changing =
        new Cluster(
            cluster,
            plain.discovery(),
            plain.loadBalancing(),
            java.time.Duration.ofSeconds(timeout),
            plain.http(),
            plain.transports(),
            plain.circuitBreakers(),
            plain.outlierDetection(),
            plain.bindSource(),
            plain.services(),
            plain.connection(),
            plain.source());
    return new ProxySnapshot(
        revision,
        Map.of("main", listener),
        Map.of("routes", routes),
        Map.of(cluster, changing),
        Map.of(cluster, ClusterLoadAssignment.of(cluster, List.of(Endpoint.of("127.0.0.1", port)))),
        Map.of());
  }
}
