// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.ConnectionSettings;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteMatch;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ConnectionAgeIT {
  private final EngineFixture proxy = new EngineFixture("client");
  private HttpServer app;

  @BeforeEach
  void start() throws IOException {
    app = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    app.createContext(
        "/",
        exchange -> {
          exchange
              .getResponseHeaders()
              .set("x-connection", "" + exchange.getRemoteAddress().getPort());
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    app.start();
  }

  @AfterEach
  void stop() {
    proxy.close();
    app.stop(0);
  }

  private void apply(ConnectionSettings settings) {
    Cluster plain = TestMesh.fixed("app", app.getAddress().getPort());
    Cluster cluster =
        new Cluster(
            plain.name(),
            plain.discovery(),
            plain.loadBalancing(),
            plain.connectTimeout(),
            plain.http(),
            plain.transports(),
            plain.circuitBreakers(),
            plain.outlierDetection(),
            plain.bindSource(),
            plain.services(),
            settings,
            plain.source());
    proxy.apply(
        TestMesh.snapshot(
            1,
            List.of(TestMesh.outbound()),
            List.of(TestMesh.routes(Route.of("r", RouteMatch.ANY, RouteAction.Forward.to("app")))),
            List.of(cluster),
            List.of()));
  }

  private String connection() throws Exception {
    return proxy.get("/").headers().firstValue("x-connection").orElse("");
  }

  @Test
  void givesAnOldConnectionNoMoreRequests() throws Exception {
    apply(
        new ConnectionSettings(
            0, Optional.empty(), 0, Optional.empty(), Optional.of(Duration.ofSeconds(1))));
    long born = System.nanoTime();
    String first = connection();
    assertThat(connection()).isEqualTo(first);

    String last = first;
    while (last.equals(first)) {
      assertThat(System.nanoTime() - born).isLessThan(TimeUnit.MINUTES.toNanos(1));
      last = connection();
    }

    assertThat(System.nanoTime() - born).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(900));
  }

  @Test
  void givesAConnectionNoMoreRequestsThanItMayHave() throws Exception {
    apply(new ConnectionSettings(2, Optional.empty(), 0, Optional.empty()));

    String first = connection();

    assertThat(connection()).isEqualTo(first);
    assertThat(connection()).isNotEqualTo(first);
  }
}
