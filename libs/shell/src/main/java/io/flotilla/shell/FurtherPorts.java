// SPDX-License-Identifier: Apache-2.0
package io.flotilla.shell;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jboss.logging.Logger;

/** Opens every {@link FurtherPort} of the process when it starts and closes them when it stops. */
@ApplicationScoped
public class FurtherPorts {
  private static final Logger LOG = Logger.getLogger(FurtherPorts.class);
  private static final String REROUTED = "flotilla.rerouted";
  private static final int BEFORE_ALL_ROUTES = -100_000;

  private final Vertx vertx;
  private final Instance<FurtherPort> declared;
  private final Map<Integer, FurtherPort> byLocalPort = new ConcurrentHashMap<>();
  private final List<HttpServer> servers = new ArrayList<>();

  public FurtherPorts(Vertx vertx, @Any Instance<FurtherPort> declared) {
    this.vertx = vertx;
    this.declared = declared;
  }

  void open(@Observes StartupEvent started, Router router) throws InterruptedException {
    router.route().order(BEFORE_ALL_ROUTES).handler(this::reroute);
    for (FurtherPort port : declared) {
      if (port.port() != 0) {
        servers.add(listen(port, router));
      }
    }
  }

  private HttpServer listen(FurtherPort port, Router router) throws InterruptedException {
    HttpServer server =
        vertx
            .createHttpServer(new HttpServerOptions().setHost(port.host()).setPort(port.port()))
            .requestHandler(router);
    try {
      server.listen().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException(
          "The "
              + port.name()
              + " cannot listen on "
              + port.host()
              + ":"
              + port.port()
              + ": "
              + (e.getCause() == null ? e : e.getCause()).getMessage()
              + "; free the port or configure another",
          e);
    }
    byLocalPort.put(server.actualPort(), port);
    LOG.infof("%s listens on %s:%d", port.name(), port.host(), server.actualPort());
    return server;
  }

  private void reroute(RoutingContext context) {
    FurtherPort port = byLocalPort.get(context.request().localAddress().port());
    String path = context.request().path();
    if (port == null || path == null || context.get(REROUTED) != null) {
      context.next();
      return;
    }
    context.put(REROUTED, Boolean.TRUE);
    String onRouter = port.onRouter(path);
    if (onRouter.equals(path)) {
      context.next();
    } else {
      String query = context.request().query();
      context.reroute(query == null ? onRouter : onRouter + "?" + query);
    }
  }

  void close(@Observes ShutdownEvent stopping) {
    servers.forEach(HttpServer::close);
  }
}
