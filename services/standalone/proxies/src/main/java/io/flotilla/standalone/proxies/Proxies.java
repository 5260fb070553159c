// SPDX-License-Identifier: Apache-2.0
package io.flotilla.standalone.proxies;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.agent.AgentConfig;
import io.flotilla.agent.ProxyAgent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Hosts sidecars and gateways in one process, each an engine and an agent of its own: identity,
 * discovery, admin ports, event loop. Usage: {@code java -jar proxies.jar FILE}, the file being
 * {@code {"proxies": [...]}} with elements as {@link AgentConfig} describes them. SIGTERM drains
 * all of them at once.
 */
public final class Proxies implements AutoCloseable {
  private final List<ProxyAgent> agents = new ArrayList<>();

  /**
   * Starts all of {@code configs}, or none.
   *
   * @throws IOException naming the proxy that cannot start, and why
   */
  public Proxies(List<AgentConfig> configs) throws IOException {
    for (AgentConfig config : configs) {
      try {
        agents.add(ProxyAgent.start(config));
      } catch (IOException | RuntimeException e) {
        close();
        throw new IOException("the proxy " + config.name() + " cannot start: " + e.getMessage(), e);
      }
    }
  }

  /** Drains and stops all proxies, side by side. */
  @Override
  public void close() {
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      agents.forEach(agent -> threads.execute(agent::close));
    }
  }

  private record ProxiesFile(List<AgentConfig> proxies) {
    @JsonCreator
    ProxiesFile(@JsonProperty(value = "proxies", required = true) List<AgentConfig> proxies) {
      this.proxies = List.copyOf(proxies);
    }
  }

  /** See the class. */
  public static void main(String[] args) throws InterruptedException {
    if (args.length != 1) {
      fail("usage: proxies FILE.json");
    }
    try {
      ProxiesFile file =
          new ObjectMapper().readValue(Files.readString(Path.of(args[0])), ProxiesFile.class);
      Proxies running = new Proxies(file.proxies());
      CountDownLatch ended = new CountDownLatch(1);
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    running.close();
                    ended.countDown();
                  }));
      ended.await();
    } catch (JsonProcessingException e) {
      fail("proxies: " + args[0] + ": " + e.getOriginalMessage());
    } catch (IOException e) {
      fail("proxies: " + e.getMessage());
    }
  }

  private static void fail(String sentence) {
    System.err.println(sentence);
    System.exit(1);
  }
}
