// SPDX-License-Identifier: Apache-2.0
package io.flotilla.bookinfo;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * Hosts services of the bookinfo application, each an HTTP server on an address of its own which
 * calls the others by HTTP only. Usage: {@code java -jar bookinfo.jar services.json}, the file
 * being {@code {"services": [...]}} with elements as {@link ServiceConfig} describes them. SIGTERM
 * lets the requests in flight finish.
 */
public final class Bookinfo implements AutoCloseable {
  private final List<ServiceServer> servers = new ArrayList<>();

  /**
   * Starts all of {@code services}, or none.
   *
   * @throws IOException if an address cannot be bound; the message names it
   */
  public Bookinfo(List<ServiceConfig> services) throws IOException {
    try {
      for (ServiceConfig config : services) {
        servers.add(new ServiceServer(config.listen(), routes(config)));
      }
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  private static Map<String, Endpoint> routes(ServiceConfig config) {
    Peers peers = new Peers(config.proxy());
    return switch (config.service()) {
      case PRODUCTPAGE -> new ProductPage(config, peers).routes();
      case DETAILS -> new Details().routes();
      case RATINGS -> new Ratings().routes();
      case REVIEWS -> new Reviews(config, peers).routes();
    };
  }

  /** The port that the service at {@code index} of the list listens on. */
  public int port(int index) {
    return servers.get(index).port();
  }

  /** Stops accepting, lets requests in flight finish (at most ten seconds), ends. */
  @Override
  public void close() {
    try (var all = java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor()) {
      servers.forEach(server -> all.execute(server::close));
    }
  }

  private record ConfigFile(List<ServiceConfig> services) {
    @JsonCreator
    ConfigFile(@JsonProperty(value = "services", required = true) List<ServiceConfig> services) {
      this.services = List.copyOf(services);
    }
  }

  /** See the class. */
  public static void main(String[] args) throws InterruptedException {
    if (args.length != 1) {
      fail("usage: bookinfo SERVICES.json");
    }
    try {
      ConfigFile file =
          new ObjectMapper().readValue(Files.readString(Path.of(args[0])), ConfigFile.class);
      Bookinfo running = new Bookinfo(file.services());
      CountDownLatch ended = new CountDownLatch(1);
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    running.close();
                    ended.countDown();
                  }));
      System.out.println("bookinfo: " + file.services().size() + " services listen");
      ended.await();
    } catch (JsonProcessingException e) {
      fail("bookinfo: " + args[0] + ": " + e.getOriginalMessage());
    } catch (IOException e) {
      fail("bookinfo: " + e.getMessage());
    }
  }

  private static void fail(String sentence) {
    System.err.println(sentence);
    System.exit(1);
  }
}
